import { z } from 'zod'
import type { StreamReport } from '../../broker.ts'
import { type Account, remember } from '../account.ts'
import { close, listen } from '../socket.ts'
import { unpricedContractFillOf } from './fee-coins.ts'
import { namedContract, toldAlgo, toldUsdm, usdmId } from './usdm-orders.ts'
import { algoOrder, amount, contractOrder, id } from './wire.ts'

const REAL = 'wss://fstream.binance.com/private/ws'
const DEMO = 'wss://fstream.binancefuture.com/private/ws'
/** A key lives for an hour from when it was last asked to. */
const KEEP_ALIVE_MS = 30 * 60_000

const addressOf = ({ session: { connection } }: Account): string => {
  const own = connection.stream_url ?? connection.url?.replace(/^http/, 'ws')
  if (own !== undefined) return `${own.replace(/\/$/, '')}/private/ws`
  return connection.demo ? DEMO : REAL
}

/** The account's own stream, by a key that is kept alive. */
export async function usdmStream(account: Account, tell: (report: StreamReport) => void): Promise<() => Promise<void>> {
  const { session } = account
  const { listenKey } = z.object({ listenKey: z.string().min(1) }).parse(await session.ask('fapiPrivatePostListenKey'))
  const socket = await listen({
    url: `${addressOf(account)}?listenKey=${encodeURIComponent(listenKey)}`,
    tell,
    heard: async message => {
      for (const report of await usdmReports(account, message)) tell(report)
    },
  })
  const keeping = setInterval(
    () => void session.ask('fapiPrivatePutListenKey').catch(() => tell({ kind: 'status', status: 'DISCONNECTED' })),
    KEEP_ALIVE_MS,
  )
  keeping.unref()
  return async () => {
    clearInterval(keeping)
    await close(socket)
  }
}

const orderUpdate = z.object({
  e: z.literal('ORDER_TRADE_UPDATE'),
  T: z.coerce.number(),
  o: z.object({
    s: z.string(),
    c: z.string(),
    S: z.enum(['BUY', 'SELL']),
    o: z.string(),
    ot: z.string().optional(),
    f: z.string(),
    q: amount,
    p: amount,
    sp: amount.nullish(),
    x: z.string(),
    X: z.string(),
    i: id,
    l: amount,
    z: amount,
    L: amount,
    n: amount.nullish(),
    N: z.string().nullish(),
    T: z.coerce.number(),
    t: id,
    cr: z.union([z.string(), z.number()]).nullish(),
    gtd: z.coerce.number().nullish(),
  }),
})

const algoUpdate = z.object({
  e: z.literal('ALGO_UPDATE'),
  T: z.coerce.number(),
  o: z.object({
    caid: z.string(),
    aid: id,
    o: z.string(),
    s: z.string(),
    S: z.enum(['BUY', 'SELL']),
    f: z.string().default('GTC'),
    q: amount.nullish(),
    X: z.string(),
    ai: id.nullish(),
    tp: amount.nullish(),
    p: amount.nullish(),
    gtd: z.coerce.number().nullish(),
    /** Why it was refused or ended. */
    rm: z.string().nullish(),
  }),
})

/** What an event tells, in the port's words; nothing for one that asking answers better. */
export async function usdmReports(account: Account, message: unknown): Promise<StreamReport[]> {
  const wrapped = typeof message === 'object' && message !== null && 'data' in message ? message.data : message
  const name = typeof wrapped === 'object' && wrapped !== null && 'e' in wrapped ? wrapped.e : null
  if (name === 'listenKeyExpired') return [{ kind: 'status', status: 'DISCONNECTED' }]
  if (name === 'ORDER_TRADE_UPDATE') return traded(account, orderUpdate.parse(wrapped).o)
  if (name === 'ALGO_UPDATE') return conditional(account, algoUpdate.parse(wrapped))
  return []
}

async function traded(account: Account, o: z.output<typeof orderUpdate>['o']): Promise<StreamReport[]> {
  const broker_order_id = usdmId({ symbol: o.s, orderId: o.i })
  // What a conditional order became is told under the id that we gave that.
  const owner = account.clientIdOf.get(broker_order_id) ?? o.c
  const order = contractOrder.parse({
    symbol: o.s,
    orderId: o.i,
    clientOrderId: owner,
    price: o.p.toFixed(),
    origQty: o.q.toFixed(),
    executedQty: o.z.toFixed(),
    status: o.X,
    timeInForce: o.f,
    type: o.o,
    origType: o.ot,
    side: o.S,
    stopPrice: o.sp?.toFixed() ?? null,
    priceRate: o.cr ?? null,
    goodTillDate: o.gtd ?? null,
    updateTime: o.T,
  })
  const told: StreamReport = { kind: 'order', order: await toldUsdm(account, order, []) }
  // A liquidation executes as well. One that tells no price is left to asking, which does.
  if ((o.x !== 'TRADE' && o.x !== 'CALCULATED') || !o.l.gt(0) || !o.L.gt(0)) return [told]
  const fill = unpricedContractFillOf({
    symbol: o.s,
    orderId: o.i,
    id: o.t,
    price: o.L,
    qty: o.l,
    time: new Date(o.T),
    commission: o.n ?? o.l.times(0),
    commissionAsset: o.N ?? account.currency,
  })
  const execution = {
    ...fill,
    account_id: account.account_id,
    broker_order_id,
    client_order_id: owner || null,
    action: o.S,
    ...(await namedContract(account, o.s)),
  }
  return [{ kind: 'execution', execution }, told]
}

async function conditional(account: Account, { T, o }: z.output<typeof algoUpdate>): Promise<StreamReport[]> {
  const order = algoOrder.parse({
    algoId: o.aid,
    clientAlgoId: o.caid,
    orderType: o.o,
    symbol: o.s,
    side: o.S,
    timeInForce: o.f,
    quantity: o.q?.toFixed() ?? null,
    algoStatus: o.X,
    actualOrderId: o.ai ?? null,
    triggerPrice: o.tp?.toFixed() ?? null,
    price: o.p?.toFixed() ?? null,
    goodTillDate: o.gtd ?? null,
    updateTime: T,
  })
  if (order.actualOrderId) {
    const broker_order_id = usdmId({ symbol: o.s, orderId: order.actualOrderId })
    remember(account, { symbol: o.s, client_order_id: o.caid, broker_order_id })
  }
  return [{ kind: 'order', order: { ...(await toldAlgo(account, order, null)), reason: o.rm || null } }]
}
