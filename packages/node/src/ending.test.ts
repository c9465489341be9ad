import { expect, test } from "vitest";
import { endAll, endInTime } from "./ending.ts";

test("parts are ended one after the other, and one that fails keeps none of the others open", async () => {
  const done: string[] = [];
  const say = (details: object, message: string): void => {
    done.push(`${message} ${JSON.stringify(details)}`);
  };
  const later = (what: string) => async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    done.push(what);
  };
  await endAll(
    [
      ["closing the API", later("API")],
      ["closing the disk", () => Promise.reject(new Error("it is gone"))],
      [
        "stopping the member",
        () => {
          throw new Error("it has stopped");
        },
      ],
      ["closing the trace", later("trace")],
    ],
    { debug: () => undefined, info: () => undefined, warn: say },
  );
  expect(done).toEqual([
    "API",
    `closing the disk has failed {"reason":"it is gone"}`,
    `stopping the member has failed {"reason":"it has stopped"}`,
    "trace",
  ]);
});

test("who never ends is not waited for, and who fails is heard", async () => {
  expect(await endInTime(() => Promise.resolve(), 60_000)).toBe(true);
  expect(await endInTime(() => new Promise(() => undefined), 1)).toBe(false);
  await expect(endInTime(() => Promise.reject(new Error("it is gone")), 60_000)).rejects.toThrow("it is gone");
});
