import { expect, test } from "vitest";
import { readWords } from "./options.ts";
import { PLANTS } from "./plants.ts";
import { FAULT_NAMES } from "./schedule.ts";

const NOW = 42;

test("without words it is a minute of all faults on three members, and the time is the seed", () => {
  expect(readWords([], NOW, {})).toEqual({
    type: "run",
    warnings: [],
    options: {
      seed: NOW,
      size: 3,
      seconds: 60,
      clients: 8,
      keys: 6,
      snapshotCount: 500,
      faults: FAULT_NAMES,
      script: [],
      plants: [],
    },
  });
});

test("words are taken as they are meant", () => {
  const words = readWords(["--size", "5", "--seed", "0", "--faults", "pause, kill"], NOW, {});
  expect(words).toMatchObject({ type: "run", options: { size: 5, seed: 0, faults: ["kill", "pause"] } });
  expect(readWords(["--help", "--size", "x"], NOW, {})).toEqual({ type: "help" });
});

test("a bug comes with a script of the faults that show it, unless faults are named", () => {
  const plants = [PLANTS.staleReads, PLANTS.lostEvents];
  expect(readWords(["--plant", "lostEvents,staleReads"], NOW, {})).toMatchObject({
    options: { plants, faults: ["partition"], script: PLANTS.staleReads.faults },
  });
  expect(readWords(["--plant", "staleReads", "--faults", "kill"], NOW, {})).toMatchObject({
    options: { plants: [PLANTS.staleReads], faults: ["kill"], script: [] },
  });
});

test("what the machine does not allow is left out with a warning, or refused where it was asked for", () => {
  const complaints = { full: () => "there is no mount" };
  const faults = FAULT_NAMES.filter((name) => name !== "full");
  expect(readWords([], NOW, complaints)).toMatchObject({
    warnings: ["full is left out: there is no mount"],
    options: { faults },
  });
  expect(readWords(["--faults", "full"], NOW, complaints)).toEqual({
    type: "wrong",
    message: "The fault full can't be had here: there is no mount.",
  });
});

test.each<[readonly string[], RegExp]>([
  [["--size", "2"], /^--size is 2, and has to be a whole number from 3 to 9\.$/],
  [["--size", "three"], /^--size is three, and has to be a whole number from 3 to 9\.$/],
  [["--size="], /^--size is empty, and has to be a whole number from 3 to 9\.$/],
  [["--seconds", "0"], /^--seconds is 0, and has to be a whole number from 1 to 1000000\.$/],
  [["--seconds", "1e9"], /^--seconds is 1e9/],
  [["--seed=-1"], /^--seed is -1, and has to be a whole number from 0 to 2147483647\.$/],
  [["--seed", "2147483648"], /^--seed is 2147483648/],
  [["--seed", "1.5"], /^--seed is 1\.5/],
  [["--faults", "kill,fire"], /^There is no fault fire; there is kill, .*clock\.$/],
  [["--faults", ""], /^There is no fault without a name; there is kill/],
  [["--plant", "tree"], /^There is no bug to plant tree; there is noSync, noDatabaseSync, staleReads/],
  [["--sise", "3"], /Unknown option '--sise'/],
  [["kill"], /Unexpected argument 'kill'/],
])("%j is wrong", (args, message) => {
  const words = readWords(args, NOW, {});
  expect(words.type).toBe("wrong");
  expect(words.type === "wrong" ? words.message : "").toMatch(message);
});
