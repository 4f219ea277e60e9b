/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How the page of report.c looks: A4, dark on white, the same in black and white. Included by report.c only.
 *
 * Nothing here depends on a background being printed, and nothing is loaded: fonts are those of the computer.
 */

static const char report_style[] =
	"@page{size:A4;margin:15mm 18mm 16mm 18mm;"
	"@bottom-right{content:'Page ' counter(page) ' of ' counter(pages);font:8pt sans-serif;color:#444}}"
	"*{box-sizing:border-box}"
	"html{background:#fff;color:#111}"
	"body{font:10pt/1.4 'Liberation Sans','DejaVu Sans',Arial,Helvetica,sans-serif;margin:0 auto;"
	"max-width:174mm;overflow-wrap:anywhere}"
	"@media screen{body{padding:12mm 0}}"
	"h1{font-size:11pt;font-weight:600;letter-spacing:.02em;margin:0 0 3mm}"
	"h2{font-size:12pt;line-height:1.25;margin:7mm 0 2mm;break-after:avoid}"
	"p{margin:0 0 2mm}"
	".verdict{border:2.5pt solid #111;padding:4mm 5mm;margin:0 0 5mm;break-inside:avoid}"
	".verdict strong{display:block;font-size:26pt;line-height:1.1;letter-spacing:.01em}"
	".verdict span{display:block;margin-top:1.5mm;font-size:11pt}"
	".not-ready{border-style:double;border-width:6pt}"
	".ready strong{color:#0b4f26}"
	".not-ready strong{color:#8a0f0f}"
	"dl{display:grid;grid-template-columns:34mm "
	"1fr;column-gap:4mm;row-gap:.8mm;margin:0;break-inside:avoid}"
	"dt{color:#444}"
	"dd{margin:0}"
	"ol{margin:0;padding-left:7mm}"
	"li{margin:0 0 2mm;padding-left:1mm;break-inside:avoid}"
	"li b{font-weight:700}"
	"code{font:8.5pt/1.4 'Liberation Mono','DejaVu Sans Mono',monospace;white-space:pre-wrap}"
	".technician{display:block;margin-top:.5mm;color:#333;font-size:8.5pt}"
	"table{border-collapse:separate;border-spacing:0;table-layout:fixed;width:100%}"
	"thead{display:table-header-group}"
	"tr{break-inside:avoid}"
	"tbody tr:first-child{break-after:avoid}"
	"th{text-align:left;font-size:8.5pt;font-weight:600;color:#444;border-bottom:1.2pt solid #111;"
	"padding:0 3mm 1mm 0;vertical-align:bottom}"
	"td{border-bottom:.5pt solid #999;padding:1.3mm 3mm 1.4mm 0;vertical-align:top}"
	"th:first-child,td:first-child{padding-left:3mm}"
	"th:last-child,td:last-child{padding-right:0}"
	".bad td{font-weight:600}"
	".bad td:first-child{border-left:3pt solid #111;padding-left:calc(3mm - 3pt)}"
	".bad .why{font-weight:400}"
	".what{width:35%}.state{width:22%}"
	".how{display:block;margin-top:.6mm;font-size:8pt;line-height:1.35;font-weight:400;color:#444}"
	"blockquote{margin:0;padding:1mm 0 1mm 4mm;border-left:1.2pt solid "
	"#111;font-size:11pt;break-inside:avoid}"
	"blockquote+p{margin:2mm 0 0}"
	".end{break-inside:avoid;overflow:hidden}"
	".signatures{border-spacing:4mm 0;width:calc(100% + 8mm);margin:0 -4mm}"
	".signatures th{border-bottom:0}"
	".signatures td{height:14mm;vertical-align:bottom;border-bottom:.8pt solid #111}"
	".signatures th:first-child,.signatures td:first-child{padding-left:0}"
	".signatures .role{width:30%}.signatures .date{width:20%}"
	"footer{margin-top:7mm;font-size:8pt;color:#444}";
