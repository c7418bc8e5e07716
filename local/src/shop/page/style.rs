//! How the shops look.

/// One stylesheet for every page.
pub(super) const STYLE: &str = "\
:root{--ink:#22252b;--soft:#6b7280;--line:#e5e7eb;--accent:#0f6e6e}\
*{box-sizing:border-box}\
body{margin:0;font:16px/1.6 system-ui,'Apple SD Gothic Neo','Noto Sans KR',sans-serif;color:var(--ink);background:#fafaf8}\
header,main,nav,footer{max-width:960px;margin:0 auto;padding:16px 20px}\
header{display:flex;align-items:baseline;gap:16px;border-bottom:1px solid var(--line)}\
header p{margin:0;color:var(--soft);font-size:14px}\
.logo{font-weight:700;font-size:20px;color:var(--ink);text-decoration:none}\
.crumbs{font-size:13px;color:var(--soft)}\
.top{display:grid;grid-template-columns:1fr 1fr;gap:32px;align-items:center}\
.picture{width:100%;border-radius:16px}\
.brand{margin:0;color:var(--soft);font-size:14px}\
h1{margin:4px 0 12px;font-size:28px;line-height:1.25}\
h2{margin:40px 0 12px;font-size:19px}\
.price strong{font-size:26px}\
.list-price{color:var(--soft)}\
.sale{color:#c2410c;font-style:normal;font-weight:600}\
.terms{padding-left:18px;color:var(--soft);font-size:14px}\
button{padding:12px 24px;border:0;border-radius:999px;background:var(--accent);color:#fff;font:inherit}\
.related{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:12px;padding:0;list-style:none}\
.related a{display:block;padding:14px;border:1px solid var(--line);border-radius:12px;background:#fff;color:inherit;text-decoration:none}\
.related .price{display:block;color:var(--accent);font-weight:600}\
.review{padding:14px 0;border-top:1px solid var(--line)}\
.review h3{margin:0;font-size:15px}\
.review p{margin:4px 0;color:var(--soft)}\
table{width:100%;border-collapse:collapse;font-size:14px}\
th,td{padding:8px;border-top:1px solid var(--line);text-align:left}\
footer{color:var(--soft);font-size:13px}\
@media(max-width:640px){.top{grid-template-columns:1fr}}";
