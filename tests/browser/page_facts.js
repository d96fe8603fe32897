// What a reader of the page would complain about, as lists of strings.
(() => {
  const width = document.documentElement.clientWidth;
  const name = (e) => `<${e.tagName.toLowerCase()}> "${(e.textContent || e.alt || "").replace(/\s+/g, " ").trim().slice(0, 40)}"`;
  const scrolls = (e) => {
    for (let p = e.parentElement; p; p = p.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(p).overflowX)) return true;
    return false;
  };
  const channels = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (e) => {
    for (let p = e; p; p = p.parentElement) {
      const colour = channels(getComputedStyle(p).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const images = [...document.images];
  const elements = [...document.body.querySelectorAll("*")];
  const texts = elements.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) && e.getClientRects().length);
  const contrast = (e) => {
    const [a, b] = [luminance(channels(getComputedStyle(e).color)), luminance(ground(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  return {
    images: images.length,
    ground: luminance(ground(document.body)),
    sources: images.map((i) => i.currentSrc.slice(-64)),
    broken: images.filter((i) => !(i.complete && i.naturalWidth > 0)).map(name),
    stretched: images.filter((i) => i.naturalWidth && Math.abs(i.width / i.height / (i.naturalWidth / i.naturalHeight) - 1) > 0.02).map(name),
    tiny: images.filter((i) => i.width < Math.min(280, 0.7 * i.naturalWidth)).map(name),
    silent: images.filter((i) => !i.alt.trim()).map((i) => i.currentSrc.slice(0, 40)),
    overflow: document.documentElement.scrollWidth > width ? [`the page is ${document.documentElement.scrollWidth} px wide`] : [],
    outside: elements.filter((e) => { const r = e.getBoundingClientRect(); return r.width && (r.right > width + 1 || r.left < -1) && !scrolls(e); }).map(name),
    clipped: width > 1000 ? elements.filter((e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1).map(name) : [],
    small: texts.filter((e) => parseFloat(getComputedStyle(e).fontSize) < 12).map(name),
    faint: texts.filter((e) => contrast(e) < 4.5).map((e) => `${name(e)} ${contrast(e).toFixed(1)}:1`),
    scripts: [...document.scripts].map(name),
  };
})()
