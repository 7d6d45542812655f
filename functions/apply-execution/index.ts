import { executionConfirmation } from '../../shared/messages/order.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { openStore } from '../../shared/store/open.ts'
import { applyExecution } from './handler.ts'

const config = readEnvironment(baseEnvironment, process.env)

defineStep('apply-execution', {
  config,
  triggers: { 'execution-confirmations': trigger(executionConfirmation, applyExecution(openStore(config))) },
})
