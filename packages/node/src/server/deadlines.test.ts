import { expect, test } from "vitest";
import { FakeClock } from "../shell/fake-clock.ts";
import { Deadlines } from "./deadlines.ts";

class Rig {
  readonly clock = new FakeClock();
  readonly given: string[] = [];
  readonly deadlines: Deadlines<string> = new Deadlines(this.clock, 100, (item) => this.given.push(item));
}

test("each thing is given up when its own time is over", () => {
  const { clock, deadlines, given } = new Rig();
  deadlines.add("a");
  clock.advance(40);
  deadlines.add("b");
  clock.advance(59);
  expect(given).toEqual([]);
  clock.advance(1);
  expect(given).toEqual(["a"]);
  clock.advance(39);
  expect(given).toEqual(["a"]);
  clock.advance(1);
  expect(given).toEqual(["a", "b"]);
});

test("what is done with is not given up, and does not keep others from it", () => {
  const { clock, deadlines, given } = new Rig();
  for (const item of ["a", "b", "c"]) {
    deadlines.add(item);
    clock.advance(10);
  }
  deadlines.delete("a");
  deadlines.delete("c");
  clock.advance(1_000);
  expect(given).toEqual(["b"]);
});

test("after a pause all that is due is given up, oldest first, and what is not due is not", () => {
  const { clock, deadlines, given } = new Rig();
  deadlines.add("a");
  clock.advance(30);
  deadlines.add("b");
  clock.advance(30);
  deadlines.add("c");
  clock.pause(80);
  expect(given).toEqual(["a", "b"]);
  clock.advance(20);
  expect(given).toEqual(["a", "b", "c"]);
});

test("one that comes after all are gone has its time, too", () => {
  const { clock, deadlines, given } = new Rig();
  deadlines.add("a");
  clock.advance(500);
  deadlines.add("b");
  clock.advance(99);
  expect(given).toEqual(["a"]);
  clock.advance(1);
  expect(given).toEqual(["a", "b"]);
});

test("what is added while something is given up has its time", () => {
  const clock = new FakeClock();
  const given: string[] = [];
  const deadlines: Deadlines<string> = new Deadlines(clock, 100, (item) => {
    given.push(item);
    if (item === "a") deadlines.add("b");
  });
  deadlines.add("a");
  clock.advance(100);
  expect(given).toEqual(["a"]);
  clock.advance(100);
  expect(given).toEqual(["a", "b"]);
});

test("after the end nothing is given up", () => {
  const { clock, deadlines, given } = new Rig();
  deadlines.add("a");
  deadlines.stop();
  clock.advance(1_000);
  expect(given).toEqual([]);
});
