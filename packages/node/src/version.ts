/** The version of this package, and of etcd's client API that it follows: clients look at the latter. */

import { readFileSync } from "node:fs";
import { z } from "zod";

const manifest = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")));

export const version: string = manifest.version;

/** The version of etcd whose API this is. */
export const apiVersion = "3.4.0";
