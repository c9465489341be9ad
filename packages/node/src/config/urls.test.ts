import fc from "fast-check";
import { expect, test } from "vitest";
import { addressOf, isLoopback, readUrl, urlOf, withPorts } from "./urls.ts";

test.each([
  ["http://localhost:2379", "http://localhost:2379"],
  ["HTTP://LocalHost:2379/", "http://localhost:2379"],
  ["https://[::1]:0443", "https://[::1]:443"],
  // The port that the scheme has by itself stays, for an address without one is none.
  ["http://10.0.0.1:80", "http://10.0.0.1:80"],
])("%s is the URL %s", (text, url) => {
  expect(readUrl(text)).toEqual({ ok: true, url });
});

test.each([
  ["10.0.0.1:2379", "a URL of the form http://host:port or https://host:port"],
  ["unix://socket:1", "unix is another scheme"],
  ["http://10.0.0.1", "the port is missing"],
  ["http://[::1]", "the port is missing"],
  ["http://::1:2379", "a URL of the form"],
  ["http://10.0.0.1:70000", "a URL of the form"],
  ["http://10.0.0.1:2379/v3", "with no path behind it"],
  ["http://10.0.0.1:2379?a", "with no path behind it"],
  ["http://me:secret@10.0.0.1:2379", "without a user"],
])("%s is none", (text, expected) => {
  expect(readUrl(text)).toEqual({ ok: false, expected: expect.stringContaining(expected) });
});

test("the system's ports take the place of 0, by their place in the list", () => {
  const addresses = [
    { host: "127.0.0.1", port: 1001 },
    { host: "::1", port: 1002 },
  ];
  const urls = ["https://a.test:0", "http://[::1]:0", "http://c.test:0", "http://d.test:80"];
  expect(withPorts(urls, addresses)).toEqual([
    "https://a.test:1001",
    "http://[::1]:1002",
    "http://c.test:1001",
    "http://d.test:80",
  ]);
});

test("an address becomes a URL and the same address again", () => {
  const host = fc.oneof(fc.ipV4(), fc.constantFrom("::1", "fe80::1", "a.example"));
  fc.assert(
    fc.property(fc.constantFrom("http", "https"), host, fc.integer({ min: 0, max: 65_535 }), (scheme, name, port) => {
      const url = urlOf(scheme, { host: name, port });
      expect(readUrl(url)).toEqual({ ok: true, url });
      expect(addressOf(url)).toEqual({ host: name, port });
    }),
  );
});

test.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["::1", true],
  ["localhost", true],
  ["127.example", false],
  ["0.0.0.0", false],
  ["10.0.0.1", false],
])("whether %s is loopback: %s", (host, is) => {
  expect(isLoopback(host)).toBe(is);
});
