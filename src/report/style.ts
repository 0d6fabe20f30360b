/** The report's style sheet: light and dark, phone and print. s0 … s7 are the colours of the methods, and s8 … s15 again, of other markers. */
const light = ["#0068b0", "#c24e00", "#007a58", "#a8457f", "#8a6400", "#2f86c6", "#5b5b5b", "#7a3fb0"];
const dark = ["#5db2f0", "#ff9650", "#34cfa0", "#ec9fcb", "#e9bb45", "#9fd8ff", "#c2c2c2", "#c79bff"];

type Variables = Readonly<Record<string, string>>;
const series = (list: readonly string[]): Variables =>
  Object.fromEntries([...list, ...list].map((colour, i) => [`s${i}`, colour]));

/** The style sheet's variables of the light mode. Pictures that cannot follow the reader's choice of mode use them too. */
export const lightVariables: Variables = {
  ...{ ink: "#1c1e21", soft: "#5d636b", line: "#d9dce0", ground: "#fff", band: "#f4f5f7" },
  ...series(light),
};
const darkVariables: Variables = {
  ...{ ink: "#e7e9ec", soft: "#a2a9b2", line: "#3a3f46", ground: "#15171a", band: "#1f2226" },
  ...series(dark),
};

const declared = (variables: Variables): string =>
  Object.entries(variables)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");

/** Width of an image in CSS pixels, at most 160. For a small image it is a multiple of its number of pixels. */
const shown = (width: number, aim: number): number => Math.min(160, Math.max(1, Math.round(aim / width)) * width);

/** The colours of both modes and the styles of plots: everything that a plot outside a page needs. */
export const plotStylesheet = `
:root{color-scheme:light dark;${declared(lightVariables)}}
@media (prefers-color-scheme:dark){:root{${declared(darkVariables)}}}
.plot{display:block;width:100%;height:auto;font:13px system-ui,sans-serif}
.plot text{fill:var(--ink)}.plot .group{font-weight:600}
.plot .grid{stroke:var(--line);fill:none}.plot .axis{stroke:var(--soft);fill:none}
.plot polyline{fill:none;stroke-width:1.6}.plot .area{stroke:none;opacity:.16}.plot .level path{stroke-dasharray:6 4}
.plot g path{fill:none;stroke-width:1.3}
.plot .mark{stroke-width:1.6}.plot .mark.hollow{fill:var(--ground)!important}
${[...light, ...light].map((_, i) => `.s${i}{stroke:var(--s${i})}.plot .s${i} .mark{fill:var(--s${i})}`).join("")}
`;

export const stylesheet = (imageWidth: number): string => `*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:24px 20px 60px;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground)}
h1{font-size:1.6em;line-height:1.25;margin:.2em 0 .5em}
h2{font-size:1.25em;margin:2em 0 .5em}
h3{font-size:1.05em;margin:1.6em 0 .3em}
p{max-width:72ch;margin:.5em 0}
.soft,small,caption,figcaption{color:var(--soft)}
small,figcaption{font-size:.84em}
.wide{overflow-x:auto;margin:.6em 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.3em .8em .3em 0;text-align:left;vertical-align:baseline}
thead th{border-bottom:1px solid var(--ink);font-weight:600;vertical-align:bottom}
td.n,th.n{text-align:right;padding-left:.8em;padding-right:0;white-space:nowrap}
tbody th{font-weight:400}
tbody tr.first>*{border-top:1px solid var(--line)}
tbody tr.first:first-child>*{border-top:0}
td small,th small{display:block;white-space:nowrap}
.summary td small{white-space:normal}
.all{font-size:.78em}.all td,.all th{white-space:nowrap}.all .n{padding-left:.6em}
.sortable thead button{all:unset;cursor:pointer;white-space:nowrap}.sortable thead button:focus-visible{outline:2px solid var(--s0)}
.sortable thead button::after{content:"↕";color:var(--line);padding-left:.25em}
.sortable [aria-sort=ascending] button::after{content:"↑";color:var(--ink)}.sortable [aria-sort=descending] button::after{content:"↓";color:var(--ink)}
.sortable tbody tr:not(.first) th{visibility:hidden}.sortable.sorted tbody tr th{visibility:visible}
.sortable.sorted tbody tr>*{border-top:1px solid var(--line)}
.facts th{color:var(--soft);white-space:nowrap;padding-right:1.4em}
.facts td{overflow-wrap:anywhere}
.plots{display:flex;flex-wrap:wrap;gap:20px 32px}
figure{margin:0;flex:1 1 min(420px,100%);max-width:520px;break-inside:avoid}
.plot.key{display:inline-block;width:26px;height:14px;flex:none}
.panels{display:flex;flex-wrap:wrap;gap:0 36px}.panels section{max-width:100%;break-inside:auto}
.panel th,.panel td{padding:2px 7px 4px 0;text-align:center;vertical-align:bottom}
.panel thead th{max-width:${Math.max(90, shown(imageWidth, 60) + 10)}px;overflow-wrap:break-word;line-height:1.25;font-size:.86em}
.summary thead th{max-width:150px;white-space:normal;overflow-wrap:break-word}
.panel tbody th{color:var(--soft);text-align:right;vertical-align:middle}
.panel img{display:block;margin:0 auto;width:${shown(imageWidth, 60)}px;height:auto;image-rendering:pixelated;background:#000}
.panel img[data-kind]:not([data-kind=estimate]),.panel .none,.scale{display:none}.panel .none{height:${shown(imageWidth, 60)}px}
.choice{border:0;padding:0;margin:.8em 0;display:flex;flex-wrap:wrap;gap:.2em 1.2em}.choice legend{float:left;padding:0 1.2em 0 0;color:var(--soft)}
.choice label{cursor:pointer;white-space:nowrap}
body:has(#show-error:checked,#show-deviation:checked){& .scale{display:block}& .panel img[data-kind=estimate]{display:none}}
body:has(#show-error:checked) .panel img[data-kind=error],body:has(#show-deviation:checked) .panel img[data-kind=deviation],body:has(#show-deviation:checked) .panel .none{display:block}
img[data-kind=error],img[data-kind=deviation]{filter:url(#heat)}
.scale{margin:0}.scale span{display:inline-block;width:110px;height:.8em;vertical-align:-.05em}
.panel td[role=button]{cursor:zoom-in}.panel td:focus-visible{outline:2px solid var(--s0)}
#zoom{width:min(1000px,94vw);max-height:94vh;border:1px solid var(--line);border-radius:8px;padding:14px 18px;color:var(--ink);background:var(--ground)}
#zoom::backdrop{background:rgb(0 0 0/.6)}#zoom form{display:flex;gap:1em;align-items:start}#zoom h3{margin:0;flex:1}
#zoom button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:5px;min-width:2.4em;min-height:2.2em;cursor:pointer}
#zoom button:disabled{opacity:.3;cursor:default}#zoom nav{display:flex;gap:8px}#zoom .scale{display:block}
.zoomed{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(200px,36vw),1fr));gap:14px;margin:12px 0}
.zoomed figure{max-width:none}.zoomed img{width:100%;height:auto;image-rendering:pixelated;background:#000;display:block}
.files{white-space:nowrap}.files button,.command button{font:inherit;color:var(--soft);background:none;border:0;padding:0 .35em;cursor:pointer;text-decoration:underline dotted}
pre.command{background:var(--band);padding:.7em .9em;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.86em}
.panel td{font-size:.84em;line-height:1.3}
.panel tr{break-inside:avoid}
summary{cursor:pointer;margin:.5em 0;color:var(--soft)}
@media (max-width:640px){body{padding:14px 12px 40px;font-size:15px}table{font-size:.92em}.summary td small{display:none}.summary .n{padding-left:.5em}
.panel{font-size:1em}.panel th,.panel td{padding-right:2px;font-size:.72em}.panel tr>th:first-child{display:none}
.panel img{width:${shown(imageWidth, 50)}px}}
@media print{body{max-width:none;font-size:10pt;color:#000;background:#fff}.wide{overflow:visible}
details::details-content{content-visibility:visible;display:block}summary{display:none}}
`;
