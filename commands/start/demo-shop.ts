import { existsSync } from 'node:fs';

/** The credentials of the demo shop. */
export type DemoCredentials = {
  seller: { apiKey: string };
  shop: { id: string; email: string; password: string };
  storefront: { apiKey: string };
  signing?: { apiKey: string; keyId: string; secret: string };
  variantId: string;
};

type SeedModule = {
  seedDemo: (options: {
    mongodbUrl: string;
    secretsKey: string;
    previous: Record<string, unknown> | undefined;
  }) => Promise<DemoCredentials>;
};

const seed = new URL('../seed.ts', import.meta.url);

/** Seeds the demo shop unless it exists; `previous` is what an earlier start wrote. */
export async function seedDemoShop(
  mongodbUrl: string,
  secretsKey: string,
  previous: Record<string, unknown> | undefined,
): Promise<DemoCredentials | undefined> {
  if (!existsSync(seed)) return undefined;
  const { seedDemo } = (await import(seed.href)) as SeedModule;
  return seedDemo({ mongodbUrl, secretsKey, previous });
}
