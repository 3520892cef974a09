//! What leaves towards tenants and infrastructure: their webhooks, event buses, object stores, key services.
//! Nothing leaves yet but through a provider; this is the place that the directions between crates keep for it.
