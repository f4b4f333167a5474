// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

extension DBCluster {
  /// An engine version, `15.10`, with the major version in sight: one can change in place, the other cannot.
  package struct Version: Sendable, Hashable {
    package var major: String
    package var text: String

    /// nil when `text` is not two numbers with a dot between.
    package init?(_ text: String) {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ Int($0) != nil }) else { return nil }
      major = String(parts[0])
      self.text = text
    }

    /// For what AWS says, whatever its form.
    init(observed text: String) {
      major = String(text.prefix { $0 != "." })
      self.text = text
    }

    private var minor: Int { Int(text.dropFirst(major.count + 1)) ?? 0 }

    /// The parameter group family of the major version.
    package var family: String { "\(DBCluster.engine)\(major)" }

    /// This version when AWS offers it, else the next later one of the same major that it does.
    ///
    /// Minor versions are retired: creating a cluster with one of those fails.
    package func nextOffered(_ offered: [Version]) -> Version? {
      offered.filter { $0.major == major && $0.minor >= minor }.min { $0.minor < $1.minor }
    }
  }

  /// Aurora capacity units, in half steps.
  package struct Capacity: AttributeValue {
    package var min: Double
    package var max: Double

    package init(min: Double, max: Double) {
      self.min = min
      self.max = max
    }

    package var value: Value { .map(["min": .double(min), "max": .double(max)]) }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let min = members["min"].flatMap(Double.init),
        let max = members["max"].flatMap(Double.init)
      else { return nil }
      self.init(min: min, max: max)
    }
  }

  /// Database Insights with the Performance Insights under it.
  ///
  /// One value, because AWS checks them together: `advanced` wants Performance Insights on and kept for 465 days.
  package struct Insights: AttributeValue {
    /// `standard` or `advanced`.
    package var mode: String
    package var isEnabled: Bool
    /// Days; 0 where Performance Insights are off.
    package var retention: Int

    package init(mode: String, isEnabled: Bool = true, retention: Int) {
      self.mode = mode
      self.isEnabled = isEnabled
      self.retention = retention
    }

    package var value: Value {
      .map(["mode": .string(mode), "enabled": .bool(isEnabled), "retention": .int(retention)])
    }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let mode = members["mode"].flatMap(String.init),
        let isEnabled = members["enabled"].flatMap(Bool.init), let retention = members["retention"].flatMap(Int.init)
      else { return nil }
      self.init(mode: mode, isEnabled: isEnabled, retention: retention)
    }
  }
}

extension DBCluster.Desired {
  /// Whether a cluster of that version is what the spec asks for.
  func isMet(by version: String) -> Bool {
    guard acceptsLater, let version = DBCluster.Version(version) else { return version == self.version.text }
    return self.version.nextOffered([version]) != nil
  }

  package init(
    name: String, version: DBCluster.Version, acceptsLater: Bool = false, databaseName: String,
    masterUsername: String, port: Int = 5432, capacity: DBCluster.Capacity, subnetGroup: Input<String>,
    parameterGroup: Input<String>, securityGroups: [Input<String>], storageType: String = "aurora",
    key: Input<String>, masterSecretKey: Input<String>?, iamAuthentication: Bool = true, backupRetention: Int,
    backupWindow: String? = nil, maintenanceWindow: String? = nil, autoMinorUpgrade: Bool = false,
    deletionProtection: Bool = true, logExports: [String] = [], insights: DBCluster.Insights,
    insightsKey: Input<String>?, dataAPI: Bool = true, lifecycleSupport: String, tags: [String: String]
  ) {
    self.name = name
    self.version = version
    self.acceptsLater = acceptsLater
    self.databaseName = databaseName
    self.masterUsername = masterUsername
    self.port = port
    self.capacity = capacity
    self.subnetGroup = subnetGroup
    self.parameterGroup = parameterGroup
    self.securityGroups = securityGroups
    self.storageType = storageType
    self.key = key
    self.masterSecretKey = masterSecretKey
    self.iamAuthentication = iamAuthentication
    self.backupRetention = backupRetention
    self.backupWindow = backupWindow
    self.maintenanceWindow = maintenanceWindow
    self.autoMinorUpgrade = autoMinorUpgrade
    self.deletionProtection = deletionProtection
    self.logExports = logExports
    self.insights = insights
    self.insightsKey = insightsKey
    self.dataAPI = dataAPI
    self.lifecycleSupport = lifecycleSupport
    self.tags = tags
  }
}
