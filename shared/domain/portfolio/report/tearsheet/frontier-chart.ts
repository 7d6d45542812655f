import { TRADING_DAYS } from '../../measures/series.ts'
import type { FrontierPoint } from '../frontier.ts'
import { fixed, frame, gridLines, scale, svg, ticks } from './axes.ts'
import { percent } from './text.ts'

interface Here {
  cvar_95: number
  mean_daily: number
}

/** Annual mean return over daily CVaR₉₅: fully invested portfolios, and where this one is. */
export function frontierChart(points: readonly FrontierPoint[], here: Here): string {
  const box = frame(230)
  const all = [...points, here]
  const [means, risks] = [all.map(({ mean_daily }) => mean_daily * TRADING_DAYS), all.map(({ cvar_95 }) => cvar_95)]
  const x = scale(Math.min(0, ...risks), Math.max(...risks) * 1.05, [box.left, box.width - box.right])
  const y = scale(Math.min(0, ...means), Math.max(...means) * 1.08, [box.height - box.bottom, box.top])
  const place = ({ cvar_95, mean_daily }: Here): [string, string] => [fixed(x.at(cvar_95)), fixed(y.at(mean_daily * TRADING_DAYS))]
  const line = points.map(point => place(point).join(' ')).join('L')
  const dots = points.map(point => `<circle cx="${place(point)[0]}" cy="${place(point)[1]}" r="2.4" fill="var(--info)"/>`)
  const [left, top] = place(here)
  const labels = ticks(x.low, x.high).map(
    value => `<text x="${fixed(x.at(value))}" y="${box.height - 5}" text-anchor="middle">${percent(value)}</text>`,
  )
  const nearEdge = x.at(here.cvar_95) > box.width * 0.7
  const own =
    `<circle cx="${left}" cy="${top}" r="5" fill="var(--brass)"/>` +
    `<text class="v" x="${fixed(x.at(here.cvar_95) + (nearEdge ? -4 : -6))}" y="${fixed(y.at(here.mean_daily * TRADING_DAYS) - 8)}" text-anchor="${nearEdge ? 'end' : 'middle'}">this portfolio</text>`
  const curve = points.length < 2 ? '' : `<path d="M${line}" fill="none" stroke="var(--info)" stroke-width="1.4"/>`
  return svg(box, 'Efficient frontier', gridLines(y, box, value => percent(value, 0)) + curve + dots.join('') + own + labels.join(''))
}
