import type { TransferResult } from '../../shared/brokers/broker.ts'
import type { Transfer } from '../../shared/messages/transfer.ts'
import { now } from '../../shared/runtime/clock.ts'
import { errorText } from '../../shared/runtime/log.ts'
import { appendAudit } from '../../shared/store/audit-log.ts'
import { lastMoved, moveTransfer, openTransfers } from '../../shared/store/transfers.ts'
import type { Sync } from './sync.ts'

/**
 * Has brokers that can do so move the cash that a person has approved to move (ACC-8), once, and records it. Other brokers' transfers wait for a
 * person to record them.
 * @param account_id of this account only
 */
export async function carryOutTransfers(sync: Sync, account_id?: string): Promise<void> {
  const { store } = sync
  const concerns = ({ from_account, to_account }: Transfer) => [undefined, from_account, to_account].includes(account_id)
  const approved = (await openTransfers(store)).filter(transfer => transfer.status === 'APPROVED' && concerns(transfer))
  for (const transfer of approved) {
    const result = await ask(sync, transfer)
    if (result === null || result.kind === 'unknown') continue
    const changes =
      result.kind === 'confirmed'
        ? { status: 'RECORDED' as const, recorded_by: 'sync-accounts', recorded_at: now(), reference: result.reference }
        : { status: 'REJECTED' as const, reason: `BROKER_REJECTED: ${result.reason}` }
    if (!(await moveTransfer(store, transfer, changes))) continue
    await appendAudit(store, {
      writer: 'sync-accounts',
      who: 'sync-accounts',
      from: null,
      what: `transfer ${transfer.transfer_id}: ${changes.status}`,
      at: now(),
      before: transfer,
      after: { ...transfer, ...changes },
      reason: result.kind === 'confirmed' ? `moved by ${transfer.broker_id}` : result.reason,
    })
  }
}

/**
 * Carries out an account's transfers. A reading of the account that is asked for must be from after the moment that this gives: none from before
 * its cash moved will do, whoever had it moved.
 */
export async function settleTransfers(sync: Sync, account_id: string, requested_at: Date): Promise<Date> {
  await carryOutTransfers(sync, account_id)
  const moved_at = await lastMoved(sync.store, account_id)
  return moved_at && moved_at > requested_at ? moved_at : requested_at
}

/** Null where the broker moves no cash by itself. What cannot be asked now is asked at the next run. */
async function ask({ brokers }: Sync, { transfer_id, broker_id, from_account, to_account, currency, amount }: Transfer) {
  try {
    const broker = await brokers(broker_id)
    return (await broker.transferCash?.({ transfer_id, from_account, to_account, currency, amount })) ?? null
  } catch (error) {
    return { kind: 'unknown', reason: errorText(error) } satisfies TransferResult
  }
}
