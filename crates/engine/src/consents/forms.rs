//! Forms: made, changed version by version, closed.

use tidings_domain::actor::Permission;
use tidings_domain::consent::{Form, FormDefinition};
use tidings_domain::id::FormId;

use super::ledger::purpose_of;
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::{FORM_VERSIONS_MAX, FORMS_MAX};
use crate::pipeline::Engine;

impl Engine {
    pub async fn create_form(&self, caller: &Caller, definition: FormDefinition) -> Result<Form> {
        let known = self.forms(caller).await?;
        if known.len() >= FORMS_MAX {
            let words = format!("There are {FORMS_MAX} forms; change or close one.");
            return Err(EngineError::invalid("name", "forms.many", words));
        }
        self.add_version(caller, self.0.ids.next(self.now()), 1, definition).await
    }

    /// What people saw before stays known under its version.
    pub async fn change_form(&self, caller: &Caller, id: FormId, definition: FormDefinition) -> Result<Form> {
        let newest = self.form(caller, id).await?;
        if newest.closed {
            return Err(EngineError::Conflict("the form is closed; make another one".to_owned()));
        }
        if newest.version >= FORM_VERSIONS_MAX {
            let words = format!("A form has at most {FORM_VERSIONS_MAX} versions; make another one.");
            return Err(EngineError::invalid("text", "versions.many", words));
        }
        self.add_version(caller, id, newest.version + 1, definition).await
    }

    async fn add_version(
        &self,
        caller: &Caller,
        id: FormId,
        version: u32,
        definition: FormDefinition,
    ) -> Result<Form> {
        caller.require(Permission::ConsentsWrite)?;
        definition.check().map_err(EngineError::Invalid)?;
        let snapshot = self.snapshot(caller).await?;
        for (n, purpose) in definition.purposes.iter().enumerate() {
            purpose_of(&snapshot, purpose).map_err(|mut problem| {
                problem.field = format!("purposes[{n}]");
                EngineError::Invalid(vec![problem])
            })?;
        }
        let form = Form { id, version, definition, created_at: self.now(), closed: false };
        caller.store.add_form_version(&caller.scope, form.clone(), caller.actor).await?;
        self.changed(caller);
        Ok(form)
    }

    pub async fn close_form(&self, caller: &Caller, id: FormId) -> Result<()> {
        caller.require(Permission::ConsentsWrite)?;
        if !caller.store.close_form(&caller.scope, id, caller.actor, self.now()).await? {
            return Err(EngineError::NotFound("open form"));
        }
        self.changed(caller);
        Ok(())
    }

    /// The newest version of each form.
    pub async fn forms(&self, caller: &Caller) -> Result<Vec<Form>> {
        caller.require(Permission::ConsentsRead)?;
        let mut forms = caller.store.consent_setup(&caller.scope).await?.forms;
        forms.dedup_by_key(|form| form.id);
        Ok(forms)
    }

    /// The newest version of one form.
    pub async fn form(&self, caller: &Caller, id: FormId) -> Result<Form> {
        let found = self.forms(caller).await?.into_iter().find(|form| form.id == id);
        found.ok_or(EngineError::NotFound("form"))
    }

    /// The address that opens a chat with a sender in which the form's words stand ready to be sent.
    pub async fn join_link(
        &self,
        caller: &Caller,
        id: FormId,
        sender: Option<&str>,
    ) -> Result<(Form, String)> {
        let form = self.form(caller, id).await?;
        if form.closed {
            return Err(EngineError::Conflict("the form is closed".to_owned()));
        }
        let snapshot = self.snapshot(caller).await?;
        let mut senders = snapshot.senders_of(tidings_domain::category::Channel::Whatsapp);
        let found = match sender {
            Some(wanted) => senders.find(|each| each.address == wanted || each.id.to_string() == wanted),
            None => senders.next(),
        };
        let Some(sender) = found else {
            let words = "Name one of your WhatsApp senders by its number or id.";
            return Err(EngineError::invalid("sender", "sender.unknown", words));
        };
        let digits: String = sender.address.chars().filter(char::is_ascii_digit).collect();
        let link =
            url::Url::parse_with_params(&format!("https://wa.me/{digits}"), [("text", form.opening())]);
        let link = link.expect("digits and an escaped text make an address");
        // A space is `+` in a form's encoding and must be `%20` here: chat programs show the plus.
        Ok((form, link.to_string().replace('+', "%20")))
    }
}
