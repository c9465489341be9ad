import type { RunResult } from "../run.ts";
import type { ParameterValues } from "../spec.ts";

/** A run's result as one line of JSON: the shape that the command promises to machines. */
export function resultJson(
  spec: string,
  model: string,
  parameters: ParameterValues,
  result: RunResult,
  traceFiles: ReadonlyMap<string, string>,
): string {
  const { verdict, distinct, generated, depth, seconds, limit, failure, collisionProbability } = result;
  return JSON.stringify({
    spec,
    model,
    parameters,
    verdict: verdict === "failed" ? "incomplete" : verdict,
    distinct,
    generated,
    depth,
    seconds: Number(seconds.toFixed(3)),
    workers: 1,
    properties: result.properties.map(({ name, kind, verdict: propertyVerdict }) => {
      const trace = traceFiles.get(name);
      return { name, kind, verdict: propertyVerdict, ...(trace === undefined ? {} : { trace }) };
    }),
    ...(limit === null ? {} : { limit }),
    ...(failure === null ? {} : { error: failure.error.message }),
    collisionProbability: collisionProbability.optimistic,
  });
}
