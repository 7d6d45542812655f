import type { Serve } from '../served.ts'
import { startSimulator } from './simulator.ts'

const USER = 'AB1234'
const RICH = 200_000_000
/** A login ends at six in the morning in India; ours is renewed before anybody misses it. */
const LOGIN_LIVES_MS = 3_600_000

/** Zerodha for the demo: one user who is always logged in, whose orders fill at the simulated market's prices. */
export const serveZerodha: Serve = async ({ broker, port, now, secret, setSecret, prices, held }) => {
  const [api_key = '', api_secret = ''] = secret('simulated-zerodha').split(':')
  const holdings = held.flatMap(({ instrument_id, quantity, avg_price }) => {
    const [exchange = '', tradingsymbol = ''] = broker.symbols[instrument_id]?.split(':') ?? []
    return tradingsymbol === '' ? [] : [{ exchange, tradingsymbol, quantity: Number(quantity), average_price: Number(avg_price) }]
  })
  const simulator = await startSimulator({
    port,
    now,
    app: { api_key, api_secret },
    users: [{ user_id: USER, cash: RICH, holdings }],
    limited: false,
    // Tenths of seconds of some months: no number of an earlier start is given again.
    firstNumber: Math.floor(now().getTime() / 100) % 500_000_000,
  })
  let ends = 0
  const logIn = async () => {
    const expires_at = new Date(now().getTime() + LOGIN_LIVES_MS)
    ends = expires_at.getTime()
    const login = { access_token: simulator.login(USER), user_id: USER, expires_at: expires_at.toISOString() }
    await setSecret(`simulated-zerodha-login-${broker.account.account_id.toLowerCase().replaceAll('_', '-')}`, JSON.stringify(login))
  }
  await logIn()
  const tick = () => {
    for (const [instrument_id, name] of Object.entries(broker.symbols)) {
      const price = prices.get(instrument_id)
      if (price) simulator.price(name, Number(price.bid), Number(price.ask))
    }
    if (ends - now().getTime() < LOGIN_LIVES_MS / 2) void logIn()
  }
  tick()
  return { tick, stop: simulator.stop }
}
