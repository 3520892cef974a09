//! stub
#[derive(Debug, Clone)]
pub struct TemplateDefinition;
#[derive(Debug, Clone)]
pub struct Outgoing;
