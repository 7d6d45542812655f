import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import type { SecretPlace } from './cached-secrets.ts'

const NOT_FOUND = 5 // gRPC
const DEADLINE_MS = 5_000

type ClientOptions = NonNullable<ConstructorParameters<typeof SecretManagerServiceClient>[0]>

const isMissing = (error: unknown): boolean => (error as { code?: number }).code === NOT_FOUND

/** Google Secret Manager: the newest version of each secret counts, and one that is replaced is destroyed. */
export function googleSecrets(project: string, options: ClientOptions = {}): SecretPlace {
  const opening = import('@google-cloud/secret-manager').then(({ SecretManagerServiceClient: Client }) => new Client(options))
  opening.catch(() => undefined) // told to whoever reads
  const parent = `projects/${project}`
  const within = { timeout: DEADLINE_MS }
  const versionOf = async (name: string) => {
    try {
      const [version] = await (await opening).accessSecretVersion({ name: `${parent}/secrets/${name}/versions/latest` }, within)
      return version
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }
  return {
    read: async name => (await versionOf(name))?.payload?.data?.toString().trim() || null,
    async write(name, value) {
      const client = await opening
      const former = await versionOf(name)
      const add = () => client.addSecretVersion({ parent: `${parent}/secrets/${name}`, payload: { data: Buffer.from(value) } }, within)
      await add().catch(async (error: unknown) => {
        if (!isMissing(error)) throw error
        await client.createSecret({ parent, secretId: name, secret: { replication: { automatic: {} } } }, within)
        await add()
      })
      if (former?.name) await client.destroySecretVersion({ name: former.name }, within)
    },
  }
}
