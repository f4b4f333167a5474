// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIScheduler
package import AWSClient
package import Core
package import ResourceKit

// aws: scheduler ListScheduleGroups ListTagsForResource CreateScheduleGroup DeleteScheduleGroup TagResource UntagResource
// aws: resourcegroupstaggingapi GetResources

/// The group in which the stack's schedules are.
///
/// Schedules cannot carry tags: whose they are is what their group's tags say, and whatever is in the group is the stack's.
/// To delete the group is to delete what is in it.
package enum ScheduleGroup: ResourceKind {
  package static let name: KindName = "scheduler/group"
  package static let identity: Identity = .name

  package struct Desired: Sendable {
    package var name: String
    package var tags: [String: String]

    package init(name: String, tags: [String: String]) {
      self.name = name
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let name: String
    package let arn: String
    let state: String
    let tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("tags", \.tags, \.tags, equality: .tags)
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let groups = try await aws.all(
      Scheduler.listScheduleGroups, .init(namePrefix: query.focusName ?? query.stack), \.scheduleGroups
    ).filter { group in
      guard let name = group.name, group.arn != nil else { return false }
      return query.focusName.map { $0 == name } ?? query.mayOwn(name)
    }
    let tags = try await query.tags(of: groups.compactMap(\.arn), aws) {
      (arn) async throws(CallError) in
      let answer = try await ifThere { () async throws(CallError) in
        try await aws(Scheduler.listTagsForResource, .init(resourceArn: arn))
      }
      return answer.map { answer in
        (answer.tags ?? []).reduce(into: [:]) { tags, tag in
          if let key = tag.key { tags[key] = tag.value ?? "" }
        }
      }
    }
    return groups.compactMap { group in
      guard let name = group.name, let arn = group.arn, let tags = tags[arn] else { return nil }
      return Observed(name: name, arn: arn, state: group.state ?? "", tags: tags)
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let tags = desired.tags.sorted { $0.key < $1.key }.map { Scheduler.Tag(key: $0.key, value: $0.value) }
    do throws(CallError) {
      _ = try await aws(Scheduler.createScheduleGroup, .init(name: desired.name, tags: tags))
    } catch {
      throw error.tellingWhatExists
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    let changes = TagChanges(from: observed.tags, to: desired.tags)
    if !changes.set.isEmpty {
      let tags = changes.set.map { Scheduler.Tag(key: $0.key, value: $0.value) }
      _ = try await aws(Scheduler.tagResource, .init(resourceArn: observed.arn, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(Scheduler.untagResource, .init(resourceArn: observed.arn, tagKeys: changes.remove))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Scheduler.deleteScheduleGroup, .init(name: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags), health: health(observed.state))
  }

  private static func health(_ state: String) -> Health {
    switch state {
    case "ACTIVE": .ready
    case "DELETING": .leaving(state)
    default: .progressing(state)
    }
  }
}

extension CallError {
  /// The Scheduler has one code for a name that is taken and for what has yet to settle; its words tell them apart.
  var tellingWhatExists: CallError {
    guard code == "ConflictException", message.lowercased().contains("already exists") else { return self }
    var told = self
    told.category = .alreadyExists
    return told
  }
}
