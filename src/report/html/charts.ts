/**
 * The charts, drawn on this side: ECharts without a browser gives SVG as text. Every colour is written as an attribute, so the
 * style sheet can exchange it for another in the dark or on paper (see PALETTE).
 */
import { BarChart, HeatmapChart } from 'echarts/charts';
import { GridComponent, LegendComponent, VisualMapPiecewiseComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { neutral } from '../neutral.ts';
import { displayWidth, ellipsis } from '../table.ts';

use([BarChart, HeatmapChart, GridComponent, LegendComponent, VisualMapPiecewiseComponent, SVGRenderer]);

/** Light and dark. Outcomes differ in lightness too, for those who do not tell the hues apart and for grey printers. */
export const PALETTE = {
  delivered: ['#1f8a70', '#4cc3a5'],
  deferred: ['#c77d0a', '#f0b955'],
  bounced: ['#b3372b', '#ef8577'],
  expired: ['#5f4b8b', '#b09ae0'],
  bar: ['#2f6db5', '#7fb2ec'],
  text: ['#30363d', '#d6dbe1'],
  line: ['#d9dee4', '#3a424c'],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

/** From few to many, for the heat map: light and dark. */
export const HEAT: readonly (readonly [light: string, dark: string])[] = [
  ['#fdf0dd', '#3b2f1c'],
  ['#f8d5a0', '#5c431c'],
  ['#efb055', '#84591a'],
  ['#d9812a', '#b3722a'],
  ['#b35418', '#dd9442'],
  ['#7c3310', '#fbc27a'],
];

/** The text over a cell of each step. */
const HEAT_TEXT: readonly ('text' | 'inverse')[] = ['text', 'text', 'text', 'inverse', 'inverse', 'inverse'];
export const INVERSE = ['#ffffff', '#14181d'] as const;

const color = (name: keyof typeof PALETTE): string => PALETTE[name][0];

/** Widths at which each chart is drawn: one for a telephone, one for the rest. The style sheet shows the one that fits. */
const WIDTHS = { narrow: 330, wide: 680 } as const;
type Size = keyof typeof WIDTHS;

export interface Chart {
  readonly id: string;
  readonly narrow: string;
  readonly wide: string;
}

interface Drawing {
  readonly height: number;
  readonly option: EChartsCoreOption;
}

function draw(id: string, at: (size: Size) => Drawing): Chart {
  return { id, narrow: svg(id, 'narrow', at('narrow')), wide: svg(id, 'wide', at('wide')) };
}

function svg(id: string, size: Size, { height, option }: Drawing): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTHS[size], height });
  let text: string;
  try {
    chart.setOption({
      animation: false,
      backgroundColor: 'transparent',
      textStyle: { fontFamily: 'system-ui, sans-serif', color: color('text') },
      ...option,
    });
    text = chart.renderToSVGString();
  } finally {
    // A chart that is not disposed of keeps the process alive.
    chart.dispose();
  }
  return (
    text
      // The library numbers its parts through the whole process; here each chart numbers its own.
      .replace(/zr\d+-/g, `${id}-${size}-`)
      .replace(/ xml:space="preserve"/g, '')
      // What it would look like under a pointer: these charts do nothing there.
      .replace(/<style >(?:<!\[CDATA\[)?[^<]*<\/style>\n?/g, '')
      .replace(/ class="[^"]*"/g, '')
      .replace(/ ecmeta_[a-z_]{1,30}="[^"]{0,100}"/g, '')
      // The picture is described by its caption and the table beside it.
      .replace('<svg ', '<svg aria-hidden="true" focusable="false" ')
  );
}

/**
 * Room for labels, px: nobody here can measure a font, so a generous width for each letter (12 px of system-ui are about 6.6 wide).
 */
function roomFor(labels: readonly string[]): number {
  return 12 + Math.ceil(Math.max(0, ...labels.map(displayWidth)) * 7.1);
}

/** The widest figure of a value axis. */
function roomForValues(values: readonly number[]): number {
  return roomFor([`${Math.ceil(Math.max(1, ...values) * 1.25).toLocaleString('en')}`]);
}

const axisText = { color: color('text'), fontSize: 12 };
const axisLine = { lineStyle: { color: color('line') } };
const splitLine = { lineStyle: { color: color('line') } };

export interface TimeSlice {
  readonly label: string;
  readonly delivered: number;
  readonly deferrals: number;
  readonly bounced: number;
  readonly expired: number;
}

/** What became of the attempts over time, stacked. */
export function timeChart(slices: readonly TimeSlice[]): Chart {
  const series = (
    [
      ['delivered', 'delivered', 'delivered'],
      ['deferred', 'deferrals', 'deferred'],
      ['bounced', 'bounced', 'bounced'],
      ['expired', 'expired', 'expired'],
    ] as const
  ).map(([name, member, paint]) => ({
    name,
    type: 'bar',
    silent: true,
    stack: 'all',
    barCategoryGap: '12%',
    barMaxWidth: 48,
    itemStyle: { color: color(paint) },
    data: slices.map((slice) => Math.max(0, slice[member])),
  }));
  return draw('time', (size) => ({
    height: 280,
    option: {
      grid: {
        left: roomForValues(slices.map((s) => s.delivered + s.deferrals + s.bounced + s.expired)),
        right: 12,
        top: 36,
        bottom: 28,
      },
      legend: {
        top: 0,
        left: 0,
        itemWidth: 12,
        itemHeight: 12,
        itemGap: size === 'narrow' ? 8 : 16,
        textStyle: axisText,
      },
      xAxis: {
        type: 'category',
        data: slices.map((slice) => slice.label),
        axisLabel: { ...axisText, hideOverlap: true },
        axisLine,
        axisTick: { show: false },
      },
      yAxis: { type: 'value', minInterval: 1, axisLabel: axisText, splitLine },
      series,
    },
  }));
}

export interface BarItem {
  readonly label: string;
  readonly value: number;
  /** What stands at the bar's end. */
  readonly text: string;
}

/** Bars that lie on their side, the first on top: names are read without turning the head. */
export function barChart(id: string, items: readonly BarItem[], paint: keyof typeof PALETTE, most?: number): Chart {
  const names = (size: Size): string[] =>
    items.map((item) => ellipsis(neutral(item.label), size === 'narrow' ? 18 : 32));
  return draw(id, (size) => ({
    height: 16 + items.length * 28,
    option: {
      grid: { left: roomFor(names(size)), right: 64, top: 4, bottom: 4 },
      xAxis: {
        type: 'value',
        min: 0,
        ...(most === undefined ? {} : { max: most }),
        axisLabel: { show: false },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: names(size),
        axisLabel: axisText,
        axisLine,
        axisTick: { show: false },
      },
      series: [
        {
          type: 'bar',
          silent: true,
          barMaxWidth: 18,
          itemStyle: { color: color(paint) },
          label: { show: true, position: 'right', color: color('text'), fontSize: 12 },
          data: items.map((item) => ({ value: item.value, label: { formatter: () => item.text } })),
        },
      ],
    },
  }));
}

/** Bars that stand: a distribution. */
export function columnChart(id: string, items: readonly BarItem[], paint: keyof typeof PALETTE): Chart {
  return draw(id, () => ({
    height: 220,
    option: {
      grid: { left: roomForValues(items.map((item) => item.value)), right: 12, top: 12, bottom: 28 },
      xAxis: {
        type: 'category',
        data: items.map((item) => item.label),
        axisLabel: { ...axisText, hideOverlap: true },
        axisLine,
        axisTick: { show: false },
      },
      yAxis: { type: 'value', minInterval: 1, axisLabel: axisText, splitLine },
      series: [
        {
          type: 'bar',
          silent: true,
          barCategoryGap: '10%',
          itemStyle: { color: color(paint) },
          data: items.map((item) => item.value),
        },
      ],
    },
  }));
}

/** Which provider refuses for what: a cell for each pair, darker for more (by the logarithm, or one giant hides the rest). */
export function heatMap(
  columns: readonly string[],
  rows: readonly string[],
  cells: readonly (readonly [column: number, row: number, count: number])[],
): Chart {
  const most = Math.log1p(Math.max(1, ...cells.map(([, , count]) => count)));
  const step = (count: number): number =>
    Math.min(HEAT.length - 1, Math.floor((Math.log1p(count) / most) * (HEAT.length - 0.001)));
  const names = (size: Size): string[] => rows.map((name) => ellipsis(neutral(name), size === 'narrow' ? 14 : 26));
  const heads = columns.map((name) => ellipsis(neutral(name), 18));
  // Heads stand upright over narrow columns.
  const top = roomFor(heads);
  return draw('heat', (size) => ({
    height: top + 8 + rows.length * 30,
    option: {
      grid: { left: roomFor(names(size)), right: 8, top, bottom: 8 },
      xAxis: {
        type: 'category',
        position: 'top',
        data: heads,
        axisLabel: { ...axisText, rotate: 90, interval: 0 },
        axisLine: { show: false },
        axisTick: { show: false },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: names(size),
        axisLabel: axisText,
        axisLine: { show: false },
        axisTick: { show: false },
      },
      // The step of each cell is its fourth dimension, and names its colour.
      visualMap: {
        type: 'piecewise',
        show: false,
        dimension: 3,
        pieces: HEAT.map(([light], value) => ({ value, color: light })),
      },
      series: [
        {
          type: 'heatmap',
          silent: true,
          label: { show: true, fontSize: size === 'narrow' ? 10 : 12 },
          data: cells.map(([column, row, count]) => {
            const at = step(count);
            return {
              value: [column, row, count, at],
              itemStyle: { borderColor: color('line'), borderWidth: 1 },
              label: {
                color: HEAT_TEXT[at] === 'text' ? color('text') : INVERSE[0],
                formatter: () => short(count),
              },
            };
          }),
        },
      ],
    },
  }));
}

function short(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${Math.round(count / 1000)}k` : `${Math.round(count / 1_000_000)}M`;
}
