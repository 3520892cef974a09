//! `tidings node …`.

use serde_json::Value;

use super::{Outcome, view};
use crate::cli::Node;
use crate::config::MAIN_REGION;
use crate::output::Out;
use crate::table::table;

pub async fn run(command: Node, out: Out) -> Outcome {
    match command {
        Node::List(server) => {
            let found = view::api(&server).get("/v1/nodes").await?;
            Ok(out.answer(&found, || words(&found))?)
        }
    }
}

fn words(found: &Value) -> String {
    let empty = Vec::new();
    let nodes = found["nodes"].as_array().unwrap_or(&empty);
    let row = |node: &Value| {
        let count = |field: &str| node[field].as_array().map_or(0, Vec::len).to_string();
        let (name, region) = (view::text(node, "/name"), view::text(node, "/region"));
        vec![
            if region == MAIN_REGION { name } else { format!("{name} ({region})") },
            view::text(node, "/roles"),
            if node["alive"] == true { "alive" } else { "silent" }.to_owned(),
            count("slots"),
            count("lanes"),
            view::text(node, "/address"),
        ]
    };
    let head = ["NAME", "ROLES", "STATE", "SLOTS", "BUSY LANES", "ADDRESS"];
    let rows: Vec<Vec<String>> = nodes.iter().map(row).collect();
    let mut words = table(&head, &rows);
    for region in found["free_slots"].as_array().unwrap_or(&empty) {
        let free = region["slots"].as_array().map_or(0, Vec::len);
        if free > 0 {
            let name = view::text(region, "/region");
            words.push_str(&format!("{free} slots of region `{name}` are held by no node at this moment\n"));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nodes_become_a_table() {
        let found = json!({"nodes": [{"name": "one", "id": "ab12", "region": "main", "roles": "api,dispatch",
            "alive": false, "slots": [1, 2], "lanes": [], "heartbeat_at": "2026-03-01T09:30:00.250Z",
            "version": "0.1.0", "address": "http://10.0.0.1:8080"}],
            "free_slots": [{"region": "main", "slots": [1, 2, 3]}, {"region": "eu", "slots": []}]});
        let words = words(&found);
        assert!(
            words.contains("one   api,dispatch  silent  2      0           http://10.0.0.1:8080"),
            "{words}"
        );
        assert!(words.ends_with("3 slots of region `main` are held by no node at this moment\n"), "{words}");
    }
}
