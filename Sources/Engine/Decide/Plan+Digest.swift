// SPDX-License-Identifier: Apache-2.0

package import Core

extension Plan {
  /// What the plan is, in 64 hexadecimal digits: spec, what was seen of the world, what would be done.
  ///
  /// The same on any machine, in any locale and for any order in which AWS answered. Notes and places in the spec's
  /// text are not part of it.
  package var digest: String {
    var canonical = Canonical()
    canonical.append("harecon/plan/v1")
    for text in [stack, account, region, specDigest] { canonical.append(text) }
    canonical.append(purpose.words)
    canonical.append(targets.sorted().map(\.description))
    for (address, sighting) in sightings.sorted(by: { $0.key < $1.key }) {
      canonical.append(address.description)
      canonical.append(sighting.id)
      canonical.append(.map(sighting.attributes))
    }
    for change in changes.sorted(by: { $0.address < $1.address }) where change.action != .noOp {
      canonical.append(change.address.description)
      canonical.append(change.action.word)
      for attribute in change.attributes.sorted(by: { $0.name < $1.name }) {
        canonical.append(attribute.name)
        canonical.append(attribute.old)
        canonical.append(attribute.new)
      }
    }
    for step in steps.sorted(by: { $0.id < $1.id }) {
      canonical.append(step.id.description)
      canonical.append(step.needs.sorted().map(\.description))
      canonical.append(step.target)
      canonical.append(step.deletion?.finalSnapshot)
    }
    return Digest.hex(Digest.sha256(canonical.bytes))
  }
}

extension Plan.Purpose {
  /// One word each for what it is, what becomes of data, and a snapshot's stamp.
  var words: [String] {
    switch self {
    case .converge: ["converge"]
    case .destroy(.keep): ["destroy", "keep"]
    case .destroy(.discard): ["destroy", "discard"]
    case .destroy(.snapshot(let stamp)): ["destroy", "snapshot", stamp]
    }
  }

  init?(words: [String]) {
    switch (words.count, words.first, words.dropFirst().first) {
    case (1, "converge", _): self = .converge
    case (2, "destroy", "keep"): self = .destroy(.keep)
    case (2, "destroy", "discard"): self = .destroy(.discard)
    case (3, "destroy", "snapshot"): self = .destroy(.snapshot(stamp: words[2]))
    default: return nil
    }
  }
}

extension Action {
  var word: String {
    switch self {
    case .noOp: "no-op"
    case .create: "create"
    case .update: "update"
    case .replace(.deleteThenCreate): "replace: delete, then create"
    case .replace(.createThenDelete): "replace: create, then delete"
    case .delete: "delete"
    }
  }

  init?(word: String) {
    let all: [Action] = [
      .noOp, .create, .update, .replace(.deleteThenCreate), .replace(.createThenDelete), .delete,
    ]
    guard let action = all.first(where: { $0.word == word }) else { return nil }
    self = action
  }
}
