//! What the demo sets up: an installation, a simulated provider, a tenant with senders and templates.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tidings_domain::actor::Actor;
use tidings_domain::category::Channel;
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::secret::Secret;
use tidings_engine::admin::{NewAccount, NewSender};
use tidings_engine::{Caller, Engine};
use tidings_simulator::{Faults, PhoneNumber, Provision, SimConfig, Simulator, TemplateSpec, Tier};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::serve::bind;
use super::super::sim::Courier;
use crate::cli::Demo;
use crate::compose::{Installation, Running, asked_to_stop};
use crate::config::Config;
use crate::data_dir::random_bytes;

/// What a sender of the demo may submit in a second, as the platform's fastest numbers.
const MESSAGES_PER_S: f64 = 1_000.0;
/// Numbers that the demo sends from.
const SENDERS: [(&str, &str); 2] = [("100000000000001", "+4930123451"), ("100000000000002", "+4930123452")];
const ACCOUNT: &str = "200000000000001";
pub const TEMPLATE: (&str, &str) = ("order_update", "en_US");

pub struct World {
    pub installation: Installation,
    pub running: Running,
    pub simulator: Simulator,
    pub caller: Caller,
    stop_simulator: CancellationToken,
    serving: JoinHandle<()>,
}

impl World {
    pub async fn start(args: &Demo, mut config: Config) -> anyhow::Result<Self> {
        let provider = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let base_url = format!("http://{}", provider.local_addr().context("the simulator has no address")?);
        config.providers.cloud.base_url.clone_from(&base_url);
        let simulator = Simulator::new(SimConfig {
            seed: args.seed,
            faults: if args.faults { Faults::full() } else { Faults::none() },
            default_mps: MESSAGES_PER_S,
            tier: Tier::Unlimited,
            public_url: base_url,
            ..SimConfig::default()
        });
        let installation = Installation::open(config, |_| {}).await?;
        let listener = listen(args, installation.config.listen).await?;
        let running = Running::start(&installation, listener).await?;
        let stop_simulator = CancellationToken::new();
        let stopped = stop_simulator.clone().cancelled_owned();
        let courier = Arc::new(Courier(installation.transport.clone()));
        let serving = tokio::spawn(tidings_simulator::serve(provider, simulator.clone(), courier, stopped));
        let caller = seed(&installation.engine, &simulator, &running.address).await?;
        // The chart's past begins before the first message.
        running.state.console.look(&running.state, &caller).await?;
        Ok(Self { installation, running, simulator, caller, stop_simulator, serving })
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop_simulator.cancel();
        self.running.stop().await?;
        self.serving.await.context("the simulator's task broke")
    }

    pub async fn until_asked(self) -> anyhow::Result<()> {
        self.running.until(asked_to_stop()?).await?;
        self.stop_simulator.cancel();
        self.serving.await.context("the simulator's task broke")
    }
}

/// The address asked for; else the usual one, or any free one where that is taken or nobody will look.
async fn listen(args: &Demo, usual: SocketAddr) -> anyhow::Result<TcpListener> {
    if let Some(asked) = args.listen {
        return bind(asked).await;
    }
    if !args.exit
        && let Ok(listener) = bind(usual).await
    {
        return Ok(listener);
    }
    bind(SocketAddr::from(([127, 0, 0, 1], 0))).await
}

/// A tenant with an account, senders and templates, on both sides.
async fn seed(engine: &Engine, simulator: &Simulator, address: &str) -> anyhow::Result<Caller> {
    let operator = engine.local_operator();
    let (tenant, _) = engine.create_tenant(&operator, "Hanse Parcel", None, None).await?;
    let caller = engine.caller_for(&operator, tenant.id).await?;
    debug_assert_eq!(caller.actor, Actor::Installation);
    let random = || anyhow::Ok(hex::encode(random_bytes()?));
    let (access_token, app_secret, verify_token) = (random()?, random()?, random()?);
    let credentials = Credentials {
        access_token: Secret::new(access_token.clone()),
        app_secrets: vec![Secret::new(app_secret.clone())],
        verify_token: Secret::new(verify_token.clone()),
        connection: None,
    };
    let account = NewAccount {
        provider: ProviderKind::Cloud,
        provider_ref: ACCOUNT.to_owned(),
        credentials,
        portfolio: None,
    };
    let account = engine.create_account(&caller, account).await?;
    simulator.provision(Provision {
        business_account_id: ACCOUNT.to_owned(),
        access_token,
        app_secrets: vec![app_secret],
        verify_token,
        callback_url: Some(format!("{address}/callbacks/{}/{}", caller.region, account.id)),
        phone_numbers: SENDERS
            .iter()
            .map(|(id, display)| PhoneNumber {
                id: (*id).to_owned(),
                display: (*display).to_owned(),
                mps: Some(MESSAGES_PER_S),
            })
            .collect(),
        templates: TemplateSpec::samples(),
        tier: Some(Tier::Unlimited),
    });
    for (provider_ref, number) in SENDERS {
        let sender = NewSender {
            account: account.id,
            channel: Some(Channel::Whatsapp),
            address: number.to_owned(),
            provider_ref: Some(provider_ref.to_owned()),
            messages_per_s: Some(MESSAGES_PER_S),
        };
        engine.create_sender(&caller, sender).await?;
    }
    let counts = engine.sync_templates(&caller, account.id).await?;
    anyhow::ensure!(counts.approved > 0, "the simulator lists no approved template");
    Ok(caller)
}
