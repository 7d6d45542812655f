import { proposeTransfers, type TransferProposal } from '../../shared/domain/account/propose-transfers.ts'
import type { Alert } from '../../shared/messages/alert.ts'
import { now } from '../../shared/runtime/clock.ts'
import { type AccountHierarchy, accountsOf } from '../../shared/store/account-hierarchy.ts'
import { currentStates } from '../../shared/store/accounts.ts'
import { toOutbox } from '../../shared/store/outbox.ts'
import { insertTransfer, moveTransfer, nextTransfer, openTransfers, transfers } from '../../shared/store/transfers.ts'
import type { Sync } from './sync.ts'

/** Proposes transfers inside a broker where margin stands unevenly (ACC-8), and drops proposals that are no longer needed. */
export async function updateTransfers({ store, flush }: Sync, fund: AccountHierarchy): Promise<void> {
  const active = accountsOf(fund).filter(({ account }) => account.status === 'ACTIVE' && account.trading_mode !== 'SHADOW')
  const modes = new Map(active.map(({ account }) => [account.account_id, account.trading_mode]))
  const states = await currentStates(store, [...modes.keys()])
  const proposals = proposeTransfers(states.map(state => ({ ...state, trading_mode: modes.get(state.account_id) ?? 'PAPER' })))
  // Before what is open: of two that propose at once, the later one either sees what the other has proposed or finds its number taken.
  const numbered = await Promise.all(
    proposals.map(async proposal => ({ proposal, number: await nextTransfer(store, proposal.to_account) })),
  )
  const open = await openTransfers(store)
  for (const old of open) {
    const needed = proposals.some(({ to_account }) => to_account === old.to_account)
    if (old.status === 'PROPOSED' && !needed) await moveTransfer(store, old, { status: 'LAPSED', decided_at: now() })
  }
  for (const { proposal, number } of numbered) {
    if (open.some(({ to_account }) => to_account === proposal.to_account)) continue
    const at = now()
    const message = toOutbox({ topic: 'alerts', ordering_key: '', data: alertOf(proposal, at), at })
    const nobody = { decided_by: null, decided_at: null, recorded_by: null, recorded_at: null, reference: null, reason: null }
    const proposed = { ...proposal, ...nobody, fund_id: store.fund_id, status: 'PROPOSED' as const, proposed_at: at }
    if (await insertTransfer(store, { proposal: proposed, number, messages: [message] }))
      await flush({ holder: transfers, messages: [message] })
  }
}

const alertOf = ({ from_account, to_account, amount, currency, from_margin_pct, to_margin_pct }: TransferProposal, at: Date): Alert => ({
  severity: 'INFO',
  key: `transfer.${to_account}`,
  title: `Move ${amount.toFixed()} ${currency} to ${to_account}?`,
  detail: `${to_account} uses ${to_margin_pct.toFixed(1)} % of its equity as margin, ${from_account} ${from_margin_pct.toFixed(1)} %. Nothing moves by itself: approve or reject the transfer.`,
  signal_id: null,
  order_id: null,
  at,
})
