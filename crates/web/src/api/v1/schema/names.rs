//! Closed sets of names, as the domain has them.

use utoipa::ToSchema;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(ToSchema)]
        #[schema(rename_all = "snake_case")]
        pub enum $name { $(#[schema(rename = $text)] $variant),* }

        #[cfg(test)]
        impl $name { pub const TEXTS: &'static [&'static str] = &[$($text),*]; }
    )*};
}

names! {
    Status {
        Accepted = "accepted", Scheduled = "scheduled", Queued = "queued", Submitting = "submitting",
        InDoubt = "in_doubt", Submitted = "submitted", Sent = "sent", Delivered = "delivered", Read = "read",
        Played = "played", Failed = "failed", Denied = "denied", Expired = "expired", Canceled = "canceled",
        Unknown = "unknown",
    }
    Category {
        Authentication = "authentication", Service = "service", Utility = "utility", Marketing = "marketing",
    }
    Channel { Whatsapp = "whatsapp", Sms = "sms", Email = "email" }
    /// A channel, or all of them.
    ConsentChannel { Any = "any", Whatsapp = "whatsapp", Sms = "sms", Email = "email" }
    ConsentSource {
        WebForm = "web_form", App = "app", PointOfSale = "point_of_sale", Keyword = "keyword", Import = "import",
        ProviderWebhook = "provider_webhook", Api = "api", PreferenceCentre = "preference_centre",
        DoubleOptIn = "double_opt_in", OneClick = "one_click", Complaint = "complaint",
    }
    ConsentBasis {
        Consent = "consent", SoftOptIn = "soft_opt_in", Contract = "contract", Legal = "legal", Vital = "vital",
    }
    ConsentState { Silent = "silent", Granted = "granted", Revoked = "revoked" }
    AttributeKind { Text = "text", Number = "number", Boolean = "boolean", Date = "date" }
    ImportKind { Consents = "consents", Contacts = "contacts" }
    ImportState { Receiving = "receiving", Running = "running", Finished = "finished" }
    ReviewState { Open = "open", Confirmed = "confirmed", Dismissed = "dismissed" }
    /// What silence means for marketing.
    MarketingRule { OptOut = "opt_out", OptIn = "opt_in" }
    Provider { Cloud = "cloud", Ultramsg = "ultramsg", Smpp = "smpp", SmsHttp = "sms_http", Smtp = "smtp" }
    Role {
        Operator = "operator", TenantAdmin = "tenant_admin", Developer = "developer", Agent = "agent",
        Analyst = "analyst",
    }
    Permission {
        MessagesWrite = "messages:write", MessagesRead = "messages:read", ConsentsWrite = "consents:write",
        ConsentsRead = "consents:read", TemplatesWrite = "templates:write", TemplatesRead = "templates:read",
        AccountsWrite = "accounts:write", AccountsRead = "accounts:read", EventsRead = "events:read",
        MediaWrite = "media:write", PausesWrite = "pauses:write", KeysWrite = "keys:write",
    }
    /// What a pause stops.
    PauseScope {
        Tenant = "tenant", Account = "account", Sender = "sender", Template = "template", Category = "category",
    }
    /// Why a message needs attention.
    AttentionKind {
        Failed = "failed", InDoubt = "in_doubt", Denied = "denied", Unknown = "unknown", Dead = "dead",
    }
    VerificationStatus {
        Pending = "pending", Approved = "approved", Failed = "failed", Expired = "expired", Canceled = "canceled",
    }
    /// `letters` are upper-case letters and digits without those that people take for one another.
    CodeAlphabet { Digits = "digits", Letters = "letters" }
    /// What requests for codes are counted under; `block`, `range` and `area` are the thousand, hundred thousand and
    /// ten million numbers around one.
    CodeScope {
        Phone = "phone", Block = "block", Range = "range", Area = "area", Country = "country",
        ClientIp = "client_ip", Device = "device", Tenant = "tenant",
    }
    Verdict { Allow = "allow", Deny = "deny", Defer = "defer" }
}
