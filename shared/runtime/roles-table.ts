import type { Access } from './access.ts'

const admin: Access = ['admin']

/**
 * Who may call what, for every route there is (SEC-1). A route declares the same beside its handler; `npm run check` fails where one is
 * missing here or says something else.
 */
export const rolesTable: Readonly<Record<string, Access>> = {
  'POST /api/v1/signals': 'sender-credential',
  'POST /api/signals': 'sender-credential',
  'POST /api/v1/signals/:token': 'sender-credential',
  'GET /ws/signals': 'sender-credential',
  'GET /api/v1/dashboards/client': 'public',
  'GET /api/v1/dashboards/signal-sender/:strategy_id': 'strategy-key',
  'POST /api/v1/dashboards/regenerate': admin,
  'GET /api/v1/account/:account_id/state': admin,
  'GET /api/v1/account/:account_id/history': admin,
  'POST /api/v1/accounts/:account_id/sync': admin,
  'GET /api/v1/fund/state': admin,
  'GET /api/v1/brokers': admin,
  'GET /api/v1/brokers/:broker_id/accounts': admin,
  'GET /api/v1/transfers': admin,
  'POST /api/v1/transfers/:transfer_id/approve': admin,
  'POST /api/v1/transfers/:transfer_id/reject': admin,
  'POST /api/v1/transfers/:transfer_id/record': admin,
  'GET /api/v1/signal-senders/:strategy_id/signals/:signal_id': 'strategy-key',
  'GET /api/v1/signals/:signal_id/decision': 'strategy-key',
  'GET /api/v1/strategies': admin,
  'POST /api/v1/strategies': admin,
  'GET /api/v1/strategies/:strategy_id': admin,
  'PUT /api/v1/strategies/:strategy_id': admin,
  'DELETE /api/v1/strategies/:strategy_id': admin,
  'POST /api/v1/strategies/:strategy_id/rotate-key': admin,
  'GET /api/v1/strategies/:strategy_id/backtest': admin,
  'POST /api/v1/strategies/:strategy_id/backtest': admin,
  'POST /api/v1/strategies/:strategy_id/sync-backtest': admin,
  'GET /api/v1/strategies/:strategy_id/sync-backtest': admin,
  'GET /api/v1/strategies/:strategy_id/sync-backtest/:run_id': admin,
  'GET /api/strategies': admin,
  'POST /api/strategies': admin,
  'GET /api/strategies/:strategy_id': admin,
  'PUT /api/strategies/:strategy_id': admin,
  'DELETE /api/strategies/:strategy_id': admin,
  'POST /api/strategies/:strategy_id/rotate-key': admin,
  'GET /api/strategies/:strategy_id/backtest': admin,
  'POST /api/strategies/:strategy_id/backtest': admin,
  'POST /api/strategies/:strategy_id/sync-backtest': admin,
  'GET /api/strategies/:strategy_id/sync-backtest': admin,
  'GET /api/strategies/:strategy_id/sync-backtest/:run_id': admin,
}
