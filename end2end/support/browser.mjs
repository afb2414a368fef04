// The browser that is installed, with nothing that goes to the net.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Grey edges instead of coloured ones: the same picture on every machine, and a smaller one.
  "--disable-lcd-text",
  // Tabs of one person: the one behind must not be slowed down.
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
];
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

function installed() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

export async function launch() {
  const executablePath = process.env.KAOCHANG_CHROMIUM ?? installed();
  if (!executablePath) throw new Error("no Chromium on PATH: install it, or name it in KAOCHANG_CHROMIUM");
  return chromium.launch({ executablePath, args: FLAGS });
}
