import type { Plain } from "@quorate/core";
import type { ActionDescription, StateDescription } from "../engine/system.ts";
import { differences } from "./differences.ts";
import type { Difference } from "./differences.ts";
import { isRecord, show } from "./show.ts";
import type { Trace } from "./trace.ts";

/** A trace as numbered steps: each one action with its message, and only the fields that it changed. */
export function traceText(trace: Trace): string {
  const steps = trace.map(({ action, state }, index) => {
    const before = trace[index - 1]?.state;
    const title = `${index + 1}. ${action === null ? "Initial state" : actionText(action)}`;
    const lines = before === undefined ? initialLines(state) : differences(before, state).map(differenceText);
    return [title, ...align(lines.length === 0 ? [["(nothing changes)"]] : lines)].join("\n");
  });
  return steps.join("\n\n");
}

/** An action on one line: `deliver prepare n1 -> n2 {ballot: ...}`, `request propose client -> n1 {value: ...}`. */
export function actionText({ name, details }: ActionDescription): string {
  const { from, to, message, client, node, request, ...rest } = details;
  const parts = [name];
  if (typeof from === "string" && typeof to === "string") parts.push(`${from} -> ${to}`);
  if (typeof node === "string") parts.push(typeof client === "string" ? `${client} -> ${node}` : `at ${node}`);
  for (const content of [message, request]) if (content !== undefined) parts.push(withoutType(content));
  if (Object.keys(rest).length > 0) parts.push(show(rest));
  return joined(...parts);
}

/** A message's fields; its type is already in the action's name. */
function withoutType(content: Plain): string {
  if (!isRecord(content)) return show(content);
  const { type: _type, ...fields } = content;
  return Object.keys(fields).length === 0 ? "" : show(fields);
}

function initialLines(state: StateDescription): readonly (readonly string[])[] {
  return Object.entries(state).flatMap(([name, value]): readonly (readonly string[])[] =>
    name === "nodes" && isRecord(value)
      ? Object.entries(value).map(([node, local]) => [`nodes.${node}`, show(local)])
      : [[name, show(value)]],
  );
}

function differenceText(difference: Difference): readonly string[] {
  switch (difference.type) {
    case "changed": {
      const { path, before, after } = difference;
      if (before === undefined) return [path, `now ${after === undefined ? "absent" : show(after)}`];
      if (after !== undefined) return [path, `${show(before)} -> ${show(after)}`];
      return [path, typeof before === "object" ? "gone" : `${show(before)} -> gone`];
    }
    case "added":
      return [difference.path, `+ ${itemText(difference.item)}`];
    case "removed":
      return [difference.path, `- ${itemText(difference.item)}`];
  }
}

/** An item of a list; a message in flight reads as it does in an action, and so does an effect that waits for the disk. */
function itemText(item: Plain): string {
  if (!isRecord(item)) return show(item);
  const { from, to, message, type, output } = item;
  if (typeof to === "string" && isRecord(message)) {
    if (typeof from === "string") return joined(`${from} -> ${to}`, typeOf(message), withoutType(message));
    if (type === "send") return joined("send", typeOf(message), `-> ${to}`, withoutType(message));
  }
  if (type === "output" && isRecord(output)) return joined("output", typeOf(output), withoutType(output));
  return show(item);
}

function typeOf({ type }: { readonly [field: string]: Plain }): string {
  return typeof type === "string" ? type : "";
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

/** Lines of a name and a text, with the texts under each other. */
function align(lines: readonly (readonly string[])[]): readonly string[] {
  const width = Math.max(...lines.map(([name]) => name?.length ?? 0));
  return lines.map(([name = "", text]) =>
    text === undefined ? `     ${name}` : `     ${name.padEnd(width)}  ${text}`,
  );
}
