// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
package import AWSClient
package import Core
package import ResourceKit

/// What a cluster's and an instance's parameter group have in common: all but the names of the calls.
package protocol ParameterGroupKind: ResourceKind
where Desired == ParameterGroup.Desired, Observed == ParameterGroup.Observed {
  /// The groups of the account, or the one of that name.
  static func list(_ name: String?, _ aws: AWS) async throws(CallError) -> [ParameterGroup.Listed]
  /// The group's parameters: with the source `user` those that somebody has set.
  static func parameters(
    of name: String, source: String?, _ aws: AWS
  ) async throws(CallError) -> [ParameterGroup.Parameter]
  static func make(_ desired: ParameterGroup.Desired, _ aws: AWS) async throws(CallError)
  static func set(
    _ settings: [ParameterGroup.Setting], of name: String, _ aws: AWS
  ) async throws(CallError)
  static func reset(
    _ settings: [ParameterGroup.Setting], of name: String, _ aws: AWS
  ) async throws(CallError)
}

package enum ParameterGroup {
  package struct Desired: Sendable {
    package var name: String
    /// `aurora-postgresql15`.
    package var family: String
    package var description: String
    package var parameters: [String: String]
    package var tags: [String: String]

    package init(
      name: String, family: String, description: String, parameters: [String: String], tags: [String: String]
    ) {
      self.name = name
      self.family = family
      self.description = description
      self.parameters = parameters
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var family: String
    package var parameters: [String: String]
    package var tags: [String: String]
  }

  /// A group as the listing of all groups has it: without parameters and tags.
  package struct Listed: Sendable {
    package var name: String
    package var arn: String
    package var family: String
  }

  /// One row of the family's catalogue with the group's value.
  package struct Parameter: Sendable, Hashable {
    package var name: String
    package var value: String?
    /// A change is taken over at once (`dynamic`) and not only at the next restart (`static`).
    package var isDynamic: Bool
    package var isModifiable: Bool
  }

  /// What one call says of one parameter. `value` is nil where the parameter goes back to its default.
  package struct Setting: Sendable, Hashable {
    package var name: String
    package var value: String?
    package var isDynamic: Bool
  }

  /// AWS takes no more parameters in one call.
  static let callLimit = 20

  /// The settings that bring a group to what is desired, in the order of their names.
  ///
  /// A static parameter refuses the method `immediate`, and a dynamic one that is sent with `pending-reboot` would wait for
  /// a restart that it does not need: the catalogue decides.
  static func settings(
    from observed: [String: String], to desired: [String: String], catalogue: [Parameter]
  ) throws(CallError) -> (set: [Setting], reset: [Setting]) {
    let rows = Dictionary(catalogue.map { ($0.name, $0) }) { first, _ in first }
    var set: [Setting] = []
    for (name, value) in desired.sorted(by: { $0.key < $1.key }) where observed[name] != value {
      guard let row = rows[name] else {
        throw CallError(.invalid, code: "UnknownParameter", message: "the family has no parameter \"\(name)\"")
      }
      guard row.isModifiable else {
        throw CallError(
          .invalid, code: "FixedParameter", message: "AWS does not let the parameter \"\(name)\" be changed")
      }
      set.append(Setting(name: name, value: value, isDynamic: row.isDynamic))
    }
    let reset = observed.keys.filter { desired[$0] == nil }.sorted().map { name in
      Setting(name: name, value: nil, isDynamic: rows[name]?.isDynamic ?? false)
    }
    return (set, reset)
  }

  /// The settings in pieces that one call may carry.
  static func calls(_ settings: [Setting]) -> [[Setting]] {
    stride(from: 0, to: settings.count, by: callLimit).map { start in
      Array(settings[start..<min(start + callLimit, settings.count)])
    }
  }
}

extension ParameterGroupKind {
  package static var identity: Identity { .name }

  package static var attributes: [Attribute<Self>] {
    [
      Attribute(
        "family", \.family, \.family,
        .refuse(wayOut: "a group keeps its family: give the group for the new family another name")),
      // Fixed once given and of no consequence: a later wording of ours must not ask for a new group.
      Attribute(writeOnly: "description", \.description),
      Attribute("parameters", \.parameters, \.parameters, .inPlace(), .partlyAtNextRestart),
      Attribute("tags", \.tags, \.tags, equality: .tags),
    ]
  }

  package static var outputs: [Output<Self>] { [Output("name", \.name), Output("arn", \.arn)] }
  package static var patience: Patience { Patience(gone: .seconds(600)) }

  package static func key(for desired: ParameterGroup.Desired) -> String? { desired.name }

  package static func observe(
    _ query: Query<Self>, _ aws: AWS
  ) async throws(CallError) -> [ParameterGroup.Observed] {
    let name = query.focusName
    let groups = try await ifThere { () async throws(CallError) in try await list(name, aws) }
    let wanted = Dictionary(query.desired.map { ($0.name, $0.parameters) }) { first, _ in first }
    let ours = (groups ?? []).filter { query.mayOwn($0.name) }
    let (tags, parameters) = try await both { () async throws(CallError) in
      try await query.tags(of: ours.map(\.arn), aws) { (arn) async throws(CallError) in
        try await rdsTags(of: arn, aws)
      }
    } _: { () async throws(CallError) in
      try await ours.concurrently { (group) async throws(CallError) in
        try await ifThere { () async throws(CallError) in
          try await current(of: group.name, wanted[group.name] ?? [:], aws)
        }
      }
    }
    return zip(ours, parameters).compactMap { group, parameters in
      guard let parameters, let tags = tags[group.arn] else { return nil }
      return ParameterGroup.Observed(
        name: group.name, arn: group.arn, family: group.family, parameters: parameters, tags: tags)
    }
  }

  /// What has been set, and the present value of what is wanted.
  ///
  /// Some four hundred parameters have a value of AWS's own; only those of the source `user` were set by somebody, and one
  /// page holds them. A wanted value that equals the default may keep another source, which only the whole catalogue
  /// tells: it is read when something wanted is missing from the short list.
  private static func current(
    of name: String, _ wanted: [String: String], _ aws: AWS
  ) async throws(CallError) -> [String: String] {
    let set = try await parameters(of: name, source: "user", aws)
    var values = Dictionary(set.map { ($0.name, $0.value ?? "") }) { first, _ in first }
    if wanted.keys.allSatisfy({ values[$0] != nil }) { return values }
    for row in try await parameters(of: name, source: nil, aws) where wanted[row.name] != nil {
      values[row.name] = row.value
    }
    return values
  }

  package static func create(_ desired: ParameterGroup.Desired, _ aws: AWS) async throws(CallError) {
    try await make(desired, aws)
    try await apply(from: [:], to: desired, aws)
  }

  package static func update(
    _ observed: ParameterGroup.Observed, to desired: ParameterGroup.Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await rdsRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    if changes.contains(\.parameters) { try await apply(from: observed.parameters, to: desired, aws) }
  }

  private static func apply(
    from observed: [String: String], to desired: ParameterGroup.Desired, _ aws: AWS
  ) async throws(CallError) {
    if observed == desired.parameters { return }
    let catalogue = try await parameters(of: desired.name, source: nil, aws)
    let settings = try ParameterGroup.settings(from: observed, to: desired.parameters, catalogue: catalogue)
    for call in ParameterGroup.calls(settings.set) { try await set(call, of: desired.name, aws) }
    for call in ParameterGroup.calls(settings.reset) { try await reset(call, of: desired.name, aws) }
  }

  package static func facts(_ observed: ParameterGroup.Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }
}

extension ParameterGroup.Parameter {
  /// nil for a row without a name.
  init?(_ row: RDS.Parameter) {
    guard let name = row.parameterName else { return nil }
    self.init(
      name: name, value: row.parameterValue, isDynamic: row.applyType == "dynamic",
      isModifiable: row.isModifiable ?? false)
  }
}

extension ParameterGroup.Setting {
  var rdsParameter: RDS.Parameter {
    RDS.Parameter(
      parameterName: name, parameterValue: value, applyMethod: isDynamic ? "immediate" : "pending-reboot")
  }
}
