// Generated from functions/pipeline.yaml by `npm run generate`; `npm run check` fails when it is out of date.

export const topics = [
  'standardized-signals',
  'trading-orders',
  'execution-confirmations',
  'account-updates',
  'sync-requests',
  'backtest-syncs',
  'optimization-requests',
  'dead-letters',
  'alerts',
  'run-collect-signals',
  'run-cerebro',
  'run-ibkr-gateway',
  'run-supervise-orders',
  'run-sync-accounts',
  'run-tell-signals',
  'run-build-dashboards',
  'run-optimize-portfolio',
] as const
export type Topic = (typeof topics)[number]

export const steps = [
  'ingest-signal',
  'collect-signals',
  'cerebro',
  'execute-order',
  'ibkr-gateway',
  'supervise-orders',
  'apply-execution',
  'sync-accounts',
  'account-data',
  'tell-signals',
  'build-dashboards',
  'dashboards',
  'portfolio-builder',
  'optimize-portfolio',
] as const
export type StepName = (typeof steps)[number]
