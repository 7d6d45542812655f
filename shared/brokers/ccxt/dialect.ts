import type { Quote } from '../../domain/instrument.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type {
  AccountEvent,
  Balance,
  BrokerExecution,
  BrokerOrder,
  BrokerPosition,
  Capabilities,
  DailyClose,
  Margin,
  ModifyRequest,
  OrderId,
  PlaceRequest,
  StreamReport,
} from '../broker.ts'
import type { Account } from './account.ts'

/** How one exchange is spoken to: its endpoints, its words for an order. Throws as ccxt throws; what that means is judged elsewhere. */
export interface Dialect {
  capabilities: Capabilities
  /** Once an account is connected: what must be so for it to be traded. */
  prepare(account: Account): Promise<void>
  place(account: Account, request: PlaceRequest): Promise<BrokerOrder>
  modify?(account: Account, request: ModifyRequest): Promise<BrokerOrder>
  cancel(account: Account, id: OrderId): Promise<void>
  /** Null where the exchange says that there is none. */
  get(account: Account, id: OrderId): Promise<BrokerOrder | null>
  open(account: Account): Promise<BrokerOrder[]>
  executions(account: Account, since: Date): Promise<BrokerExecution[]>
  balance(account: Account): Promise<Balance>
  positions(account: Account): Promise<BrokerPosition[]>
  margin(account: Account): Promise<Margin>
  quote(account: Account, instrument: InstrumentDocument): Promise<Quote | null>
  dailyCloses(account: Account, instrument: InstrumentDocument, days: number): Promise<DailyClose[]>
  accountEvents(account: Account, since: Date): Promise<AccountEvent[]>
  /** Tells what happens to an account; throws where the stream does not open. */
  stream?(account: Account, tell: (report: StreamReport) => void): Promise<() => Promise<void>>
}
