// The public bank as its files have it, and a marker of its own: it shares no code with the product.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";

const FOLDER = fileURLToPath(new URL("../../question-bank/bank", import.meta.url));

/** Every question of the bank, with key, explanation and source. */
export function bank() {
  const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((file) => file.name.endsWith(".toml"));
  return files.flatMap((file) => {
    const { question, ...head } = parse(readFileSync(join(file.parentPath ?? file.path, file.name), "utf8"));
    return question.map((own) => ({ ...head, ...own }));
  });
}

/** A text without its markup, whether it is Markdown or HTML made of it. */
function bare(text) {
  return text.replace(/[`*_\\\s]/g, "");
}

function ofMarkdown(text) {
  return bare(text.replace(/^```.*$/gm, ""));
}

/** A stem also without what Markdown makes a list of. */
function stemOf(text) {
  return text.replace(/-|\d+\./g, "");
}

function ofHtml(html) {
  const marks = { lt: "<", gt: ">", quot: '"', amp: "&", "#x27": "'", "#39": "'", "#x2F": "/" };
  const plain = html.replace(/<[^>]*>/g, "").replace(/&(lt|gt|quot|amp|#x27|#39|#x2F);/g, (_, name) => marks[name]);
  return bare(plain);
}

const TRUE_FALSE = { 正确: "true", 错误: "false", True: "true", False: "false" };

/** Finds a question of a paper in the bank by its texts, and its key in the letters that this paper shows. */
export class Marker {
  #byText;

  constructor(questions = bank()) {
    const name = ({ stem, options = [] }) => [stemOf(ofMarkdown(stem)), ...options.map(ofMarkdown).sort()].join("¦");
    this.#byText = new Map(questions.map((question) => [name(question), question]));
    if (this.#byText.size !== questions.length) throw new Error("two questions of the bank have the same texts");
  }

  find({ stem, options, many }) {
    const texts = options.map(ofHtml);
    const trueFalse = !many && texts.every((text) => text in TRUE_FALSE);
    const question = this.#byText.get([stemOf(ofHtml(stem)), ...(trueFalse ? [] : [...texts].sort())].join("¦"));
    if (!question) throw new Error(`the bank has no question of these texts: ${ofHtml(stem)}`);
    const right = trueFalse
      ? (text) => TRUE_FALSE[text] === question.key
      : (text) => question.key.includes(letter(question.options.findIndex((option) => ofMarkdown(option) === text)));
    const key = texts.map((text, at) => (right(text) ? letter(at) : "")).join("");
    return { question, key, texts };
  }

  /** Points for a whole paper: one for each question whose letters are exactly the key. */
  score(questions, chosen) {
    const byFunction = {};
    for (const asked of questions) {
      const { question, key } = this.find(asked);
      const part = (byFunction[question.function] ??= { got: 0, max: 0 });
      part.max += 1;
      if (key !== "" && chosen(asked.position) === key) part.got += 1;
    }
    const parts = Object.values(byFunction);
    return { got: parts.reduce((sum, part) => sum + part.got, 0), max: parts.reduce((sum, part) => sum + part.max, 0), byFunction };
  }
}

export function letter(at) {
  return "ABCDEFGH"[at];
}

/** What somebody answers who knows most: right, wrong, half, or nothing, by the position. */
export function somebodysAnswer(asked, key) {
  const wrong = [...asked.options.keys()].map(letter).filter((one) => !key.includes(one));
  switch (asked.position % 7) {
    case 1:
      return asked.many ? key.slice(0, 1) : wrong[0];
    case 3:
      return asked.position % 2 ? "" : (wrong.at(-1) ?? "");
    case 5:
      return asked.many ? [...new Set([...key, wrong[0] ?? ""])].sort().join("") : key;
    default:
      return key;
  }
}
