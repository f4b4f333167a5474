// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

extension ExperimentTemplate {
  /// What an action is done to.
  package struct Target: Sendable, Hashable {
    /// `aws:rds:cluster`, `aws:rds:db`, `aws:ec2:subnet`.
    package var resourceType: String
    /// ARNs, at most five.
    package var resources: [Input<String>]
    /// `ALL`, `COUNT(n)` or `PERCENT(n)`.
    package var selection: String
    /// For `aws:rds:cluster`: `writerAvailabilityZoneIdentifiers`, the zones that the writer must be in.
    package var parameters: [String: String]
    /// Tags by which somebody else has let AWS choose; no spec asks for them.
    var resourceTags: [String: String] = [:]
    /// Conditions that somebody else has put, path → values; no spec asks for them.
    var filters: [String: [String]] = [:]

    package init(
      resourceType: String, resources: [Input<String>], selection: String = "ALL", parameters: [String: String] = [:]
    ) {
      self.resourceType = resourceType
      self.resources = resources
      self.selection = selection
      self.parameters = parameters
    }
  }

  /// One thing that is done.
  package struct Action: Sendable, Hashable {
    /// `aws:rds:failover-db-cluster`
    package var action: String
    package var description: String
    package var parameters: [String: String]
    /// The action's word for what it is done to (`Clusters`, `DBInstances`, `Subnets`) → the name of the target.
    package var targets: [String: String]
    /// Names of actions that must have ended; without any it starts with the experiment.
    package var startAfter: [String]

    package init(
      _ action: String, description: String = "", parameters: [String: String] = [:], targets: [String: String],
      startAfter: [String] = []
    ) {
      self.action = action
      self.description = description
      self.parameters = parameters
      self.targets = targets
      self.startAfter = startAfter
    }

    /// Fails the cluster over to whichever member AWS chooses.
    package static func failover(of target: String, description: String = "", startAfter: [String] = []) -> Action {
      Action(
        "aws:rds:failover-db-cluster", description: description, targets: ["Clusters": target], startAfter: startAfter)
    }

    /// Restarts instances in place. `forceFailover`, which the action also takes, means nothing to Aurora.
    package static func reboot(of target: String, description: String = "", startAfter: [String] = []) -> Action {
      Action(
        "aws:rds:reboot-db-instances", description: description, targets: ["DBInstances": target],
        startAfter: startAfter)
    }

    /// - Parameter duration: ISO 8601, `PT2M`.
    package static func wait(_ duration: String, startAfter: [String] = []) -> Action {
      Action("aws:fis:wait", parameters: ["duration": duration], targets: [:], startAfter: startAfter)
    }
  }

  /// The report of each experiment: a document in a bucket, with pictures of dashboards.
  package struct Report: Sendable, Hashable {
    /// The bucket's name.
    package var bucket: Input<String>
    package var prefix: String
    /// ARNs.
    package var dashboards: [Input<String>]
    /// What the pictures show before and after the experiment, ISO 8601: `PT20M`.
    package var before: String
    package var after: String

    package init(
      bucket: Input<String>, prefix: String = "", dashboards: [Input<String>], before: String = "PT20M",
      after: String = "PT20M"
    ) {
      self.bucket = bucket
      self.prefix = prefix
      self.dashboards = dashboards
      self.before = before
      self.after = after
    }
  }
}

// MARK: As values

extension ExperimentTemplate.Target: AttributeValue {
  package var value: Value {
    var members: [String: Value] = [
      "resourceType": .string(resourceType), "resources": resources.inAnyOrder, "selection": .string(selection),
    ]
    if !parameters.isEmpty { members["parameters"] = parameters.value }
    if !resourceTags.isEmpty { members["resourceTags"] = resourceTags.value }
    if !filters.isEmpty { members["filters"] = filters.value }
    return .map(members)
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value, let resourceType = members["resourceType"].flatMap(String.init(_:)),
      let resources = members["resources"].flatMap([Input<String>].init(_:)),
      let selection = members["selection"].flatMap(String.init(_:))
    else { return nil }
    self.init(
      resourceType: resourceType, resources: resources, selection: selection,
      parameters: members["parameters"].flatMap([String: String].init(_:)) ?? [:])
    resourceTags = members["resourceTags"].flatMap([String: String].init(_:)) ?? [:]
    filters = members["filters"].flatMap([String: [String]].init(_:)) ?? [:]
  }
}

extension ExperimentTemplate.Action: AttributeValue {
  package var value: Value {
    var members: [String: Value] = ["action": .string(action)]
    if !description.isEmpty { members["description"] = .string(description) }
    if !parameters.isEmpty { members["parameters"] = parameters.value }
    if !targets.isEmpty { members["targets"] = targets.value }
    if !startAfter.isEmpty { members["startAfter"] = startAfter.sorted().value }
    return .map(members)
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value, let action = members["action"].flatMap(String.init(_:)) else { return nil }
    self.init(
      action, description: members["description"].flatMap(String.init(_:)) ?? "",
      parameters: members["parameters"].flatMap([String: String].init(_:)) ?? [:],
      targets: members["targets"].flatMap([String: String].init(_:)) ?? [:],
      startAfter: members["startAfter"].flatMap([String].init(_:)) ?? [])
  }
}

extension ExperimentTemplate.Report: AttributeValue {
  package var value: Value {
    .map([
      "bucket": bucket.value, "prefix": .string(prefix), "dashboards": dashboards.inAnyOrder,
      "before": .string(before), "after": .string(after),
    ])
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value, let bucket = members["bucket"].flatMap(Input<String>.init(_:)),
      let dashboards = members["dashboards"].flatMap([Input<String>].init(_:))
    else { return nil }
    self.init(
      bucket: bucket, prefix: members["prefix"].flatMap(String.init(_:)) ?? "", dashboards: dashboards,
      before: members["before"].flatMap(String.init(_:)) ?? "", after: members["after"].flatMap(String.init(_:)) ?? "")
  }
}

extension [Input<String>] {
  /// As a value that is the same whatever the order: AWS gives sets back as it pleases.
  fileprivate var inAnyOrder: Value {
    .list(sorted { $0.text < $1.text }.map(\.value))
  }
}

extension Input<String> {
  fileprivate var text: String {
    switch self {
    case .given(let text): text
    case .output(let id): "\(id)"
    }
  }
}
