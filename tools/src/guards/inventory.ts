import { parseSync, Visitor } from "oxc-parser";
import type { Expression, Node, Span, Statement } from "oxc-parser";

/**
 * A condition under which a function goes no further: the condition of an `if` that returns, throws or goes on to the next
 * item; or the condition of an expression one of whose arms is `unchanged(...)`. Each operand of an `||` counts by itself.
 */
export type Guard = {
  /** `election.ts, onRequestVote: !isFree`, with a number behind it where a function has the same condition again. */
  readonly name: string;
  /** The source of the file as it would be without the guard. */
  readonly without: string;
};

/** The guards of a file, in the order in which they stand. `file` is how their names begin. */
export function guardsOf(file: string, source: string): readonly Guard[] {
  const { program, errors } = parseSync(file, source);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`);
  const functions: string[] = [];
  const guards: Guard[] = [];
  const times = new Map<string, number>();
  const add = (condition: Span, without: string): void => {
    const text = source.slice(condition.start, condition.end).replaceAll(/\s+/g, " ");
    const name = `${file}, ${functions.at(-1) ?? "(no function)"}: ${text}`;
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    guards.push({ name: time === 1 ? name : `${name} (${time})`, without });
  };
  const cut = ({ start, end }: Span, put = ""): string => source.slice(0, start) + put + source.slice(end);
  const textOf = ({ start, end }: Span): string => source.slice(start, end);
  const enter = (name: string | undefined): void => void functions.push(name ?? functions.at(-1) ?? "(no function)");
  const leave = (): void => void functions.pop();

  new Visitor({
    FunctionDeclaration: ({ id }) => enter(id?.name),
    "FunctionDeclaration:exit": leave,
    // A method of an object, and no callback: those belong to the function around them.
    Property: ({ key, method }) => enter(method && key.type === "Identifier" ? key.name : undefined),
    "Property:exit": leave,
    IfStatement: (statement) => {
      if (!isExit(statement.consequent)) return;
      const operands = operandsOf(statement.test);
      for (const [at, operand] of operands.entries()) {
        const others = operands.filter((_, other) => other !== at).map(textOf);
        const { alternate } = statement;
        const rest = alternate === null ? "" : textOf(alternate);
        add(operand, others.length === 0 ? cut(statement, rest) : cut(statement.test, others.join(" || ")));
      }
    },
    ConditionalExpression: (expression) => {
      const { test, consequent, alternate } = expression;
      if (isUnchanged(consequent)) add(test, cut(expression, textOf(alternate)));
      else if (isUnchanged(alternate)) add(test, cut(expression, textOf(consequent)));
    },
  }).visit(program);
  return guards;
}

/** Whether nothing after a statement is reached if it is: also if it is a block that ends so. */
function isExit(statement: Statement): boolean {
  if (statement.type === "BlockStatement") return statement.body.slice(-1).some(isExit);
  return EXITS.has(statement.type);
}

const EXITS: ReadonlySet<string> = new Set(["ReturnStatement", "ThrowStatement", "ContinueStatement"]);

/** The operands of a disjunction, or the one condition that is none. */
function operandsOf(condition: Expression): readonly Expression[] {
  if (condition.type === "ParenthesizedExpression") return operandsOf(condition.expression);
  if (condition.type !== "LogicalExpression" || condition.operator !== "||") return [condition];
  return [...operandsOf(condition.left), ...operandsOf(condition.right)];
}

function isUnchanged(node: Node): boolean {
  return node.type === "CallExpression" && node.callee.type === "Identifier" && node.callee.name === "unchanged";
}
