//! One life of the product: composed as the binary composes it, over the virtual wire and clock.

use std::sync::Arc;

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;

use tidings_domain::category::Channel;
use tidings_domain::clock::Clock;
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::id::IdSource;
use tidings_domain::provider::Providers;
use tidings_domain::secret::Secret;
use tidings_engine::admin::{NewAccount, NewSender};
use tidings_engine::pipeline::Parts;
use tidings_engine::{Caller, Engine, EngineConfig, PolicyDefaults};
use tidings_providers::cloud::CloudProvider;
use tidings_store::{Engine as StoreEngine, MasterKeys, OpenOptions, Regions, Store};

use super::disk::Disk;
use super::plan::{AccountPlan, TenantPlan};
use super::wire::Wire;
use super::world::{TenantWorld, World};

const SECOND: i64 = 1_000_000;
const BASE_URL: &str = "http://provider.sim";
const REGION: &str = "main";

pub struct Life {
    pub engine: Engine,
    pub store: Store,
    disk: Arc<Disk>,
    wire: Arc<Wire>,
    stop: CancellationToken,
}

impl Life {
    /// Opens the store and composes the engine; `number` makes the randomness of this life its own.
    pub async fn begin(world: &World, number: u64) -> Result<Self> {
        let plan = &world.plan;
        let clock: Arc<dyn Clock> = world.clock.clone();
        let seed = plan.seed.wrapping_mul(1_000).wrapping_add(number);
        let disk = Disk::new(world, seed);
        let mut id_seed = [0; 32];
        id_seed[..8].copy_from_slice(&seed.to_le_bytes());
        let ids = Arc::new(IdSource::seeded(id_seed));
        let store = Store::open(OpenOptions {
            engine: StoreEngine::SqliteInline { path: world.database(), hook: Some(disk.clone()) },
            region: REGION.to_owned(),
            keys: MasterKeys::single([7; 32]),
            ids: ids.clone(),
            clock: clock.clone(),
        })
        .await?;
        let wire = Arc::new(Wire::new(world, seed));
        let provider = CloudProvider::new(wire.clone(), wire.clone(), BASE_URL, "v24.0")?;
        let engine = Engine::new(Parts {
            regions: Regions::new(vec![store.clone()]).context("one region")?,
            providers: Providers::default().with(Arc::new(provider)),
            clock,
            ids,
            config: plan.planted.map_or_else(config, |planted| planted.config(config())),
            journals: Arc::new(world.journals.clone()),
        });
        Ok(Self { engine, store, disk, wire, stop: CancellationToken::new() })
    }

    /// Starts the loops and lets faults happen.
    pub fn start(&self) {
        self.disk.arm();
        self.wire.arm();
        self.engine.start(&self.stop);
    }

    /// Makes tenants, accounts, senders and templates.
    pub async fn set_up(&self, world: &World) -> Result<()> {
        for tenant in &world.plan.tenants {
            let made = self.tenant(world, tenant).await?;
            world.tenants.lock().push(made);
        }
        world.simulator.set_faults(world.plan.faults.clone());
        Ok(())
    }

    async fn tenant(&self, world: &World, plan: &TenantPlan) -> Result<TenantWorld> {
        let operator = self.engine.local_operator();
        let (_, key) = self.engine.create_tenant(&operator, &plan.name, None, plan.messages_per_s).await?;
        let token = key.token.expose().to_owned();
        let caller = self.engine.caller(&token).await?;
        for account in &plan.accounts {
            self.account(world, &caller, account).await?;
        }
        let senders = self.engine.senders(&caller).await?.iter().map(|each| each.id.to_string()).collect();
        Ok(TenantWorld { token, senders })
    }

    async fn account(&self, world: &World, caller: &Caller, plan: &AccountPlan) -> Result<()> {
        let credentials = Credentials {
            access_token: Secret::new(plan.token()),
            app_secrets: vec![Secret::new(plan.secret())],
            verify_token: Secret::new("verify"),
            connection: None,
        };
        let provider_ref = plan.business_id.clone();
        // All accounts of a tenant belong to one: its limit is theirs together.
        let portfolio = Some("9000".to_owned());
        let new = NewAccount { provider: ProviderKind::Cloud, provider_ref, credentials, portfolio };
        let account = self.engine.create_account(caller, new).await?;
        let path = self.engine.callback_path(&account, &caller.region);
        world.simulator.set_callback(&plan.business_id, &format!("http://tidings.sim{path}"));
        for number in &plan.numbers {
            let new = NewSender {
                account: account.id,
                channel: Some(Channel::Whatsapp),
                address: number.display.clone(),
                provider_ref: Some(number.phone_number_id.clone()),
                messages_per_s: Some(number.messages_per_s),
            };
            self.engine.create_sender(caller, new).await?;
        }
        self.engine.sync_templates(caller, account.id).await?;
        Ok(())
    }
}

/// Doubts are decided sooner than in production, so that a run ends sooner; nothing else differs.
fn config() -> EngineConfig {
    EngineConfig {
        doubt_us: [10 * SECOND, 20 * SECOND, 20 * SECOND, 40 * SECOND],
        policy: PolicyDefaults { quiet_hours: false },
        machine_boot: "the machine itself never restarts".to_owned(),
        ..EngineConfig::default()
    }
}
