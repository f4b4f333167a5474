// SPDX-License-Identifier: Apache-2.0

/// What an action may be done to, and when. Actions with the same access share a statement.
struct Access {
  /// The statement's name, unique among accesses.
  let sid: String
  let resources: [String]
  let conditions: [Condition]

  init(_ sid: String, _ resources: [String], when conditions: [Condition] = []) {
    self.sid = sid
    self.resources = resources
    self.conditions = conditions
  }

  /// Actions that take no ARN.
  static func everywhere(_ sid: String, when conditions: [Condition] = []) -> Access {
    Access(sid, ["*"], when: conditions)
  }
}

/// Accesses with the actions that have come together under them.
struct Accesses {
  private var entries: [String: (access: Access, actions: Set<String>)] = [:]

  mutating func add(_ action: String, _ access: Access) {
    entries[access.sid, default: (access, [])].actions.insert(action)
  }

  var statements: [Statement] {
    entries.sorted { $0.key < $1.key }.map { _, entry in
      Statement(
        entry.access.sid, .allow, nil, entry.actions.sorted(), on: entry.access.resources,
        when: entry.access.conditions)
    }
  }
}
