package main

import (
	"encoding/json"
	"fmt"
	"slices"
)

// The names that a registry looks for. They are the registry's, so they are not taken
// from .goreleaser.yml, which is held to them.
const provider = "terraform-provider-zookeeper"

func binaryName(version string) string { return provider + "_v" + version }

func archiveName(version string, p platform) string {
	return provider + "_" + version + "_" + p.String() + ".zip"
}

func sbomName(version string, p platform) string { return archiveName(version, p) + ".spdx.json" }

func manifestName(version string) string  { return provider + "_" + version + "_manifest.json" }
func checksumsName(version string) string { return provider + "_" + version + "_SHA256SUMS" }
func signatureName(version string) string { return checksumsName(version) + ".sig" }

// checkManifest reports whether a manifest is one that a registry takes for a provider of
// the protocol, as in 6.0.
func checkManifest(data []byte, protocol string) error {
	var manifest struct {
		Version  int `json:"version"`
		Metadata struct {
			ProtocolVersions []string `json:"protocol_versions"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		return fmt.Errorf("the manifest: %w", err)
	}
	if manifest.Version != 1 {
		return fmt.Errorf("the manifest: its version is %d, and registries read 1", manifest.Version)
	}
	if !slices.Equal(manifest.Metadata.ProtocolVersions, []string{protocol}) {
		return fmt.Errorf("the manifest: it names the protocols %q, and the provider serves %s", manifest.Metadata.ProtocolVersions, protocol)
	}
	return nil
}
