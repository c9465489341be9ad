/**
 * Writes the lines of a trace: buffered, in the order in which they come, and never in the way of the node. What waits for
 * the disk is bounded. When the disk is full, or too slow, the trace ends there and says so, and the node goes on.
 */

import { open } from "node:fs/promises";
import type { EndRecord } from "@quorate/core/trace";
import { partPath } from "./parts.ts";

/** Lines wait so long for others to be written with, unless there are many. A killed node loses as much of its trace. */
const GATHER_MS = 20;
const GATHER_CHARACTERS = 256 * 1024;

/** What is needed of a file. */
export type TraceOutput = {
  write(bytes: Uint8Array, offset: number): Promise<{ readonly bytesWritten: number }>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
};

export type WriterOptions = {
  readonly file: string;
  /** The number of the first file. */
  readonly index: number;
  /** How many characters may wait. */
  readonly backlogMax: number;
  /** The trace has ended early. It is called once. */
  readonly onError: (error: Error) => void;
  /** Makes a file, which must not be there yet. */
  readonly create: (path: string) => Promise<TraceOutput>;
};

/** What clients keep in the store is in a trace, and nobody else's to read. Lines are added at its end. */
export async function createFile(path: string): Promise<TraceOutput> {
  const handle = await open(path, "ax", 0o600);
  return {
    write: (bytes, offset) => handle.write(bytes, offset),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}

export class TraceWriter {
  readonly #options: WriterOptions;
  #output: TraceOutput;
  #index: number;
  /** How many bytes of this file are whole lines. */
  #written = 0;
  /** Lines, and null where the next file begins. */
  #waiting: (string | null)[] = [];
  #waitingSize = 0;
  /** The first line of this file, where the trace has failed before it was written. */
  #header: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isWriting = false;
  #failure: Error | null = null;
  #isClosed = false;
  readonly #ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;

  /** @throws Error (by rejection) if the file can't be made */
  static async open(options: WriterOptions): Promise<TraceWriter> {
    return new TraceWriter(options, await options.create(partPath(options.file, options.index)));
  }

  private constructor(options: WriterOptions, output: TraceOutput) {
    this.#options = options;
    this.#output = output;
    this.#index = options.index;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Whether what is given is still written. */
  get isOpen(): boolean {
    return this.#failure === null && !this.#isClosed;
  }

  line(line: string): void {
    if (!this.isOpen) return;
    this.#waiting.push(line);
    this.#waitingSize += line.length + 1;
    // One line alone may be longer: it is there already, and says nothing of the disk.
    if (this.#waitingSize - line.length - 1 > this.#options.backlogMax) {
      this.fail(new Error(`The disk is too slow for the trace: ${this.#waitingSize} characters wait for it.`));
    } else if (!this.#isWriting) {
      if (this.#waitingSize >= GATHER_CHARACTERS) this.#write();
      else this.#timer ??= setTimeout(() => this.#write(), GATHER_MS);
    }
  }

  /** What comes from now on goes to the next file. */
  next(): void {
    if (this.isOpen) this.#waiting.push(null);
  }

  /** Writes no more, other than that and why the trace ends here. */
  fail(error: Error): void {
    if (!this.isOpen) return;
    this.#failure = error;
    const [first] = this.#waiting;
    if (this.#written === 0 && !this.#isWriting && typeof first === "string") this.#header = first;
    this.#waiting = [];
    this.#waitingSize = 0;
    this.#options.onError(error);
    if (!this.#isWriting) this.#write();
  }

  /** Resolves when all that was given is written, or the trace has failed and says so. */
  async close(): Promise<void> {
    if (this.isOpen) {
      this.#isClosed = true;
      if (!this.#isWriting) this.#write();
    }
    await this.#ended;
  }

  #write(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isWriting = true;
    void this.#drain();
  }

  /** Never rejects. */
  async #drain(): Promise<void> {
    try {
      while (this.#failure === null && this.#waiting.length > 0) {
        const waiting = this.#waiting;
        this.#waiting = [];
        this.#waitingSize = 0;
        await this.#writeAll(waiting);
      }
      if (this.#isClosed && this.#failure === null) await this.#output.close();
    } catch (error) {
      this.#isClosed = false;
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
    this.#isWriting = false;
    if (this.#failure !== null) await this.#end(this.#failure);
    if (!this.isOpen) this.#resolveEnded();
  }

  async #writeAll(waiting: readonly (string | null)[]): Promise<void> {
    for (let from = 0; from < waiting.length;) {
      const mark = waiting.indexOf(null, from);
      const end = mark === -1 ? waiting.length : mark;
      const lines = waiting.slice(from, end);
      if (lines.length > 0) await this.#append(Buffer.from(`${lines.join("\n")}\n`));
      if (mark !== -1) await this.#openNext();
      from = end + 1;
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) at += (await this.#output.write(bytes, at)).bytesWritten;
    this.#written += bytes.length;
  }

  async #openNext(): Promise<void> {
    const next = await this.#options.create(partPath(this.#options.file, this.#index + 1));
    await this.#output.close();
    this.#output = next;
    this.#index += 1;
    this.#written = 0;
  }

  /** Cutting off the line that did not fit makes room for the last one. Where even that fails, the file ends without it. */
  async #end(error: Error): Promise<void> {
    const record: EndRecord = { type: "end", reason: "failed", error: error.message };
    try {
      await this.#output.truncate(this.#written);
      if (this.#header !== null) await this.#append(Buffer.from(`${this.#header}\n`));
      // Without a header nobody could tell whose trace it is: an empty file is one of a life that wrote nothing.
      if (this.#written > 0) await this.#append(Buffer.from(`${JSON.stringify(record)}\n`));
      await this.#output.close();
    } catch (again) {
      this.#options.onError(new Error("The trace does not say itself that it has ended early.", { cause: again }));
      await this.#output.close().catch((cause: unknown) => {
        this.#options.onError(new Error("The trace can't be closed.", { cause }));
      });
    }
  }
}
