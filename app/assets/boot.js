// Starts the islands of the page: loads the client, then hands each island its element, parents before what they hold.
// Where that fails, the page stays what it is without scripts: forms and links.
const build = new URL(import.meta.url).search;

/** Islands in document order; inside one, its children are islands of their own again. */
function hydrate(node, client) {
  if (node.localName === "leptos-island") {
    const island = client[node.dataset.component];
    if (island) island(node);
    else console.warn(`No island ${node.dataset.component} in this client.`);
  }
  for (const child of [...node.children]) hydrate(child, client);
}

async function start() {
  // Both at once, and from here: a preload in the page would bring the client to browsers that run no scripts.
  const wasm = fetch(new URL(`./kaochang_bg.wasm${build}`, import.meta.url));
  wasm.catch(() => {}); // told below, where it is awaited
  const client = await import(`./kaochang.js${build}`);
  await client.default({ module_or_path: wasm });
  client.hydrate();
  hydrate(document.body, client);
  document.documentElement.dataset.client = "on";
}

let leaving = false;
addEventListener("pagehide", () => (leaving = true));

start().catch((error) => {
  if (leaving) return;
  console.warn(error);
  document.documentElement.dataset.client = "off";
  // A page that waits comes again by itself, as it does where scripts are off.
  const waits = document.querySelector("[data-plain-reload]");
  if (waits) setTimeout(() => location.reload(), 1000 * Number(waits.dataset.plainReload));
});
