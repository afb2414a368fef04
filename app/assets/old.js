// For browsers without modules, which run no client: a page that waits comes again by itself.
(function () {
  var waits = document.querySelector("[data-plain-reload]");
  if (waits) setTimeout(function () { location.reload(); }, 1000 * Number(waits.getAttribute("data-plain-reload")));
})();
