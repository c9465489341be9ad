/** What a client may ask for at most. */
export type ApiLimits = {
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  readonly maxConcurrentStreams: number;
  /** The least time to live of a lease in seconds: shorter ones could end with every change of leaders. */
  readonly leaseTtlMin: number;
};
