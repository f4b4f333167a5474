// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRoute53
internal import AWSClient
internal import Core
internal import ResourceKit

extension HealthCheck.Desired {
  /// All of it, for a new check. Only HTTPS knows of SNI.
  func config(_ aws: AWS) throws(CallError) -> Route53.HealthCheckConfig {
    let isEndpoint = host != nil
    var config = Route53.HealthCheckConfig(type: type)
    config.fullyQualifiedDomainName = try host?.now()
    config.port = port
    config.resourcePath = try path?.now()
    config.searchString = searchString
    config.requestInterval = interval
    config.failureThreshold = threshold
    config.measureLatency = isEndpoint ? measuresLatency : nil
    config.enableSNI = type.hasPrefix("HTTPS") ? usesSNI : nil
    config.regions = regions.isEmpty ? nil : regions
    config.childHealthChecks = children.isEmpty ? nil : try children.now()
    config.healthThreshold = healthyChildren
    config.alarmIdentifier = try alarmIdentifier(aws)
    config.insufficientDataHealthStatus = withoutData
    config.inverted = isInverted ? true : nil
    config.disabled = isDisabled ? true : nil
    return config
  }

  private func alarmIdentifier(_ aws: AWS) throws(CallError) -> Route53.AlarmIdentifier? {
    guard let alarm else { return nil }
    return .init(region: aws.region, name: try alarm.now())
  }

  /// What changes and nothing else, since what an update leaves out stays; nil when nothing but tags does.
  ///
  /// The version is that of the observation: a check that somebody has changed since is looked at again.
  func request(
    changing changes: Changes<HealthCheck>, of observed: HealthCheck.Observed, _ aws: AWS
  ) throws(CallError) -> Route53.UpdateHealthCheckInput? {
    var request = Route53.UpdateHealthCheckInput(healthCheckId: observed.id)
    let nothing = request.fields
    if changes.contains(\.host) { request.fullyQualifiedDomainName = try host?.now() }
    if changes.contains(\.port) { request.port = port }
    if changes.contains(\.path) { request.resourcePath = try path?.now() }
    if changes.contains(\.searchString) { request.searchString = searchString }
    if changes.contains(\.threshold) { request.failureThreshold = threshold }
    if changes.contains(\.usesSNI) { request.enableSNI = usesSNI }
    if changes.contains(\.regions), !regions.isEmpty { request.regions = regions }
    if changes.contains(\.children), !children.isEmpty { request.childHealthChecks = try children.now() }
    if changes.contains(\.healthyChildren) { request.healthThreshold = healthyChildren }
    // That it is named again is what makes Route 53 read the alarm's settings anew.
    if changes.containsAny(\.alarm, \.alarmSettings) { request.alarmIdentifier = try alarmIdentifier(aws) }
    if changes.contains(\.withoutData) { request.insufficientDataHealthStatus = withoutData }
    if changes.contains(\.isInverted) { request.inverted = isInverted }
    if changes.contains(\.isDisabled) { request.disabled = isDisabled }
    let unset = unset(changes)
    if !unset.isEmpty { request.resetElements = unset }
    guard request.fields != nothing else { return nil }
    request.healthCheckVersion = observed.version
    return request
  }

  /// What can be taken away only by its name.
  private func unset(_ changes: Changes<HealthCheck>) -> [String] {
    var names: [String] = []
    if changes.contains(\.host), host == nil { names.append("FullyQualifiedDomainName") }
    if changes.contains(\.path), path == nil { names.append("ResourcePath") }
    if changes.contains(\.regions), regions.isEmpty { names.append("Regions") }
    if changes.contains(\.children), children.isEmpty { names.append("ChildHealthChecks") }
    return names
  }
}

extension HealthCheck.Observed {
  /// - Parameters:
  ///   - wanted: the addresses that the spec has; a reference holds only the digest of its own.
  ///   - home: the region that was asked from: checks belong to none.
  init(_ candidate: HealthCheck.Candidate, tags: [String: String], wanted: [String], seenFrom home: String) {
    let config = candidate.live.healthCheckConfig
    id = candidate.id
    reference = candidate.reference
    version = candidate.live.healthCheckVersion ?? 1
    type = config?.type ?? ""
    host = config?.fullyQualifiedDomainName
    port = config?.port
    path = config?.resourcePath
    searchString = config?.searchString
    interval = config?.requestInterval
    threshold = config?.failureThreshold
    measuresLatency = config?.measureLatency ?? false
    usesSNI = config?.enableSNI ?? false
    regions = config?.regions ?? []
    children = config?.childHealthChecks ?? []
    healthyChildren = config?.healthThreshold
    alarm = config?.alarmIdentifier?.name
    alarmSettings = candidate.live.cloudWatchAlarmConfiguration.map(AlarmSettings.init)
    withoutData = config?.insufficientDataHealthStatus
    isInverted = config?.inverted ?? false
    isDisabled = config?.disabled ?? false
    self.tags = tags
    // Without any tags it is on its way from creation to its tags, and its reference tells.
    owner =
      tags.isEmpty
      ? candidate.reference.ownerOfHealthCheck(among: wanted, in: home) : OwnerTag.owner(tags, in: home)
  }
}

extension AlarmSettings {
  init(_ live: Route53.CloudWatchAlarmConfiguration) {
    self.init(
      namespace: live.namespace ?? "", metric: live.metricName ?? "",
      dimensions: (live.dimensions ?? []).reduce(into: [:]) { found, dimension in
        if let name = dimension.name { found[name] = dimension.value ?? "" }
      },
      statistic: live.statistic ?? "", period: live.period ?? 0, evaluationPeriods: live.evaluationPeriods ?? 0,
      threshold: live.threshold ?? 0, comparison: live.comparisonOperator ?? "")
  }
}
