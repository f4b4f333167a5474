// SPDX-License-Identifier: Apache-2.0

package import Core

extension AWS {
  /// A client as the environment and the shared files describe it: region, endpoints, proxy, credentials.
  ///
  /// Reads files and, when nothing else names a region, asks the machine's metadata service. Credentials are looked for at the
  /// first call. Fails with `invalid` for what is set but makes no sense, and when there is no region.
  package static func connect(_ settings: ClientSettings) async throws(CallError) -> AWS {
    let files = try SharedConfiguration(environment: settings.environment, home: settings.home)
    let context = try ClientContext(settings, files)
    let region = try await context.region()
    let endpoints = try context.endpoints(for: region)
    let chain = CredentialChain.standard(context, endpoints)
    let credentials = CredentialCache(chain, time: settings.time, random: settings.random)
    return AWS(
      region: region, partition: endpoints.partition.name,
      caller: Caller(context.parts(credentials, endpoints)))
  }
}

/// The settings together with what the shared files say about them.
struct ClientContext: Sendable {
  let settings: ClientSettings
  let files: SharedConfiguration
  let transport: any Transport
  /// The settings of the profile in use; empty when it is not in the files.
  let profile: Profile

  init(_ settings: ClientSettings, _ files: SharedConfiguration) throws(CallError) {
    self.settings = settings
    self.files = files
    let name = settings.chosenProfile ?? "default"
    profile = files.profiles[name] ?? [:]
    if let transport = settings.transport {
      self.transport = transport
      return
    }
    var way = TransportSettings(environment: settings.environment)
    if way.certificateAuthorities == nil {
      way.certificateAuthorities = profile["ca_bundle"].nonEmpty?.expandingTilde(home: settings.home)
    }
    do throws(TransportError) {
      transport = try CurlTransport(way)
    } catch {
      throw CallError(.invalid, code: error.cause.rawValue, message: error.message)
    }
  }

  func variable(_ name: String) -> String? { settings.environment[name].nonEmpty }

  /// A switch that is set by a variable or, if that is not set, by the profile.
  func flag(_ variable: String, _ setting: String) -> Bool {
    (self.variable(variable) ?? profile[setting].nonEmpty)?.lowercased() == "true"
  }

  /// The spec's, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, that of the machine this runs on.
  func region() async throws(CallError) -> String {
    if let region = settings.region.nonEmpty ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION")
      ?? profile["region"].nonEmpty
    {
      return region
    }
    if let region = await InstanceMetadata(self).region() { return region }
    throw CallError(
      .invalid, code: "NoRegion",
      message: "no region is set; name one in the spec, in AWS_REGION or in the profile's \"region\"")
  }

  func endpoints(for region: String) throws(CallError) -> EndpointResolver {
    let sts = variable("AWS_STS_REGIONAL_ENDPOINTS") ?? profile["sts_regional_endpoints"].nonEmpty
    return try EndpointResolver(
      region: region,
      variant: EndpointResolver.Variant(
        usesFIPS: flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        usesDualStack: flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
        usesLegacySTS: sts?.lowercased() == "legacy"),
      overrides: EndpointOverrides(
        environment: settings.environment, profile: profile, services: files.services(of: profile)))
  }

  func parts(_ credentials: any CredentialSource, _ endpoints: EndpointResolver) -> Caller.Parts {
    var parts = Caller.Parts(
      transport: transport, credentials: credentials, endpoints: endpoints, logger: settings.logger)
    parts.paces = settings.paces
    parts.deadlines = settings.deadlines
    parts.time = settings.time
    parts.random = settings.random
    parts.log = settings.log
    parts.userAgent = settings.userAgent
    if let attempts = (variable("AWS_MAX_ATTEMPTS") ?? profile["max_attempts"].nonEmpty).flatMap({ Int($0) }),
      attempts > 0
    {
      parts.policy.maximumAttempts = attempts
    }
    return parts
  }
}
