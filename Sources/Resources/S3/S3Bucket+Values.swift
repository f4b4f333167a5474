// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIS3
package import Core

extension S3Bucket {
  /// How long a new version can be neither changed nor deleted.
  package struct Retention: AttributeValue {
    /// `GOVERNANCE`: whoever is allowed to may end it early. `COMPLIANCE`: nobody may, not even the account's root.
    package var mode: String
    package var days: Int

    package init(_ mode: String = "GOVERNANCE", days: Int) {
      self.mode = mode
      self.days = days
    }

    package var value: Value { .map(["mode": .string(mode), "days": .int(days)]) }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let mode = members["mode"].flatMap(String.init(_:)),
        let days = members["days"].flatMap(Int.init(_:))
      else { return nil }
      self.init(mode, days: days)
    }

    /// A year counts 365 days, as S3 counts it.
    init?(_ live: S3.DefaultRetention) {
      guard let mode = live.mode, let days = live.days ?? live.years.map({ $0 * 365 }) else { return nil }
      self.init(mode, days: days)
    }
  }

  /// What S3 deletes by itself, in days after it was written, replaced or begun; nil where it stays. At least one is set.
  package struct Lifecycle: AttributeValue {
    package var expiration: Int?
    package var oldVersions: Int?
    package var unfinishedUploads: Int?
    /// Rules that harecon does not write; AWS has them from somebody else.
    var others: [String] = []

    package init(expiration: Int? = nil, oldVersions: Int? = nil, unfinishedUploads: Int? = 7) {
      self.expiration = expiration
      self.oldVersions = oldVersions
      self.unfinishedUploads = unfinishedUploads
    }

    package var value: Value {
      var members = [
        "expiration": expiration, "oldVersions": oldVersions, "unfinishedUploads": unfinishedUploads,
      ].compactMapValues { $0.map(Value.int) }
      if !others.isEmpty { members["others"] = .list(others.map(Value.string)) }
      return .map(members)
    }

    package init?(_ value: Value) {
      guard case .map(let members) = value else { return nil }
      self.init(
        expiration: members["expiration"].flatMap(Int.init(_:)),
        oldVersions: members["oldVersions"].flatMap(Int.init(_:)),
        unfinishedUploads: members["unfinishedUploads"].flatMap(Int.init(_:)))
      if case .list(let others)? = members["others"] { self.others = others.compactMap(String.init(_:)) }
    }

    private static let id = "harecon"

    /// nil where there are no rules.
    init?(_ rules: [S3.LifecycleRule]) {
      if rules.isEmpty { return nil }
      self.init(unfinishedUploads: nil)
      for rule in rules {
        let found = Self(rule)
        if found.rule.fields == rule.overAll.fields {
          (expiration, oldVersions, unfinishedUploads) =
            (found.expiration, found.oldVersions, found.unfinishedUploads)
        } else {
          others.append(rule.id ?? "")
        }
      }
      others.sort()
    }

    private init(_ rule: S3.LifecycleRule) {
      self.init(
        expiration: rule.expiration?.days, oldVersions: rule.noncurrentVersionExpiration?.noncurrentDays,
        unfinishedUploads: rule.abortIncompleteMultipartUpload?.daysAfterInitiation)
    }

    /// The one rule, over the whole bucket.
    var rule: S3.LifecycleRule {
      S3.LifecycleRule(
        status: "Enabled", expiration: expiration.map { .init(days: $0) }, id: Self.id, filter: .init(prefix: ""),
        noncurrentVersionExpiration: oldVersions.map { .init(noncurrentDays: $0) },
        abortIncompleteMultipartUpload: unfinishedUploads.map { .init(daysAfterInitiation: $0) })
    }
  }
}

extension S3.LifecycleRule {
  /// The same with the one spelling of a filter that lets everything through.
  fileprivate var overAll: S3.LifecycleRule {
    guard let filter, filter.fields == S3.LifecycleRuleFilter().fields else { return self }
    var rule = self
    rule.filter = .init(prefix: "")
    return rule
  }
}
