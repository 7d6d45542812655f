/**
 * The house's colors and type (design tokens), and the same hues darkened for paper. One file, no network: the fonts are those that the reader's
 * machine has.
 */
export const style = `
:root{--bg:#090c11;--s1:#0f141b;--s2:#141a23;--line:#1d2631;--line2:#2b3744;--t1:#e9eef4;--t2:#aab5c3;--t3:#8492a3;--brass:#d9b46c;--pos:#45c98f;--neg:#f4747a;--info:#74abff;--pos-fill:rgb(69 201 143/.14);--neg-fill:rgb(244 116 122/.16);--info-fill:rgb(116 171 255/.14);--brass-fill:rgb(217 180 108/.14);--r:6px;--sans:'Inter Variable','Inter',system-ui,sans-serif;--mono:'JetBrains Mono Variable',ui-monospace,monospace;--serif:'Newsreader Variable',Georgia,serif}
@media print{:root{--bg:#fff;--s1:#fff;--s2:#f6f4ef;--line:#e2ddd2;--line2:#c9c2b3;--t1:#17120a;--t2:#4a4638;--t3:#716b5c;--brass:#8d6a1f;--pos:#147a4c;--neg:#b3262e;--info:#1f5fbf;--pos-fill:rgb(20 122 76/.10);--neg-fill:rgb(179 38 46/.10);--info-fill:rgb(31 95 191/.10);--brass-fill:rgb(141 106 31/.12)}.panel{break-inside:avoid}@page{margin:12mm}}
*{box-sizing:border-box}
html{background:var(--bg);color:var(--t1);font:400 13px/1.45 var(--sans);-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0 auto;max-width:1120px;padding:28px 20px 40px}
h1,h2,p,dl,dd,figure{margin:0}
h1{font:500 28px/1.15 var(--serif);letter-spacing:-.01em}
header.top{display:flex;flex-wrap:wrap;gap:6px 24px;align-items:baseline;border-bottom:1px solid var(--line2);padding-bottom:14px;margin-bottom:16px}
header.top p{color:var(--t3);font-size:12px}
.grid{display:grid;grid-template-columns:repeat(12,1fr);gap:12px}
.panel{grid-column:span 6;background:var(--s1);border:1px solid var(--line);border-radius:var(--r);padding:12px 14px;min-width:0}
.wide{grid-column:span 12}
.panel h2{font-size:13px;font-weight:600;letter-spacing:-.005em;margin-bottom:2px}
.panel .sub{color:var(--t3);font-size:11.5px;margin-bottom:8px}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(118px,1fr));gap:10px 16px}
.figures dt{color:var(--t3);font-size:11px}
.figures dd{font-size:16px;font-variant-numeric:tabular-nums lining-nums;letter-spacing:-.005em}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-family:var(--sans);font-size:11px;fill:var(--t3);font-variant-numeric:tabular-nums}
svg text.v{fill:var(--t1)}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:12px;font-variant-numeric:tabular-nums lining-nums}
th{font-weight:500;color:var(--t3);font-size:11px;text-align:right;padding:4px 6px;border-bottom:1px solid var(--line);white-space:nowrap}
td{text-align:right;padding:4px 6px;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
tr:last-child td{border-bottom:0}
.brass{color:var(--brass)}.pos{color:var(--pos)}.neg{color:var(--neg)}.mut{color:var(--t3)}
.whole{white-space:nowrap}.ladder td:nth-child(2),.ladder th:nth-child(2){text-align:left;white-space:normal}
.notes{color:var(--t2);font-size:12px;padding-left:16px;margin:8px 0 0}
@media (min-width:761px){.narrow{display:none}}
@media (max-width:760px){.broad{display:none}body{padding:18px 10px 28px}.panel{grid-column:span 12;padding:11px 10px}h1{font-size:23px}.figures{grid-template-columns:repeat(3,1fr);gap:9px 10px}.figures dd{font-size:14.5px}svg text{font-size:15px}td,th{padding:4px}.words td,.words th{white-space:normal}.ladder td:nth-child(3){white-space:normal}.ladder td,.ladder th{padding:4px 3px;font-size:11px}.ladder th:nth-child(3){white-space:normal}.months td,.months th{padding:3px 1px;font-size:9.5px}}
`
