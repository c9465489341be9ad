/** Whether a member is well, in etcd's words (`server/etcdserver/api/etcdhttp/health.go`, github etcd-io/etcd). */

export type HealthSource = {
  /** Whether a leader is known. */
  hasLeader(): boolean;
  /** Alarms that are raised, of any member, by etcd's names: `NOSPACE`, `CORRUPT`. */
  alarms(): readonly string[];
  /** Resolves when this member has all that any member had; is rejected if that can't be found out in time. */
  linearize(): Promise<void>;
};

export type Health = { readonly isHealthy: true } | { readonly isHealthy: false; readonly reason: string };

/** `serializable` asks after this member alone; `exclude` are alarms that are known. */
export type HealthQuestion = { readonly serializable: boolean; readonly exclude: readonly string[] };

export async function healthOf(source: HealthSource, { serializable, exclude }: HealthQuestion): Promise<Health> {
  const alarm = source.alarms().find((name) => !exclude.includes(name));
  if (alarm !== undefined) return { isHealthy: false, reason: `ALARM ${alarm}` };
  if (serializable) return { isHealthy: true };
  if (!source.hasLeader()) return { isHealthy: false, reason: "RAFT NO LEADER" };
  try {
    await source.linearize();
  } catch (error) {
    return { isHealthy: false, reason: `QGET ERROR:${error instanceof Error ? error.message : String(error)}` };
  }
  return { isHealthy: true };
}
