#!/usr/bin/env bash
# Terraform 1.16.0: a resource whose creation has failed runs its provisioners.
#
# One would guess that a creation-time provisioner runs after the creation has succeeded, as the documentation has it. When
# a provider answers with an error and with what it has made of the resource, that is tainted, and nothing else happens.
# Terraform 1.16.0 marks the object as tainted, goes on with a copy that is not marked, and runs the provisioner on it.
# Afterwards the state has the resource as tainted all the same.
#
# Needs Go 1.26 or later, and a Go module proxy. Building Terraform takes some minutes.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1

# The provider has one resource, of which every creation fails halfway.
mkdir "$work/provider"
cd "$work/provider"
cat >go.mod <<'EOF'
module finding

go 1.26
EOF
cat >main.go <<'EOF'
package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

type halves struct{}

func (halves) Metadata(_ context.Context, _ provider.MetadataRequest, r *provider.MetadataResponse) {
	r.TypeName = "halves"
}
func (halves) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (halves) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (halves) DataSources(context.Context) []func() datasource.DataSource                        { return nil }
func (halves) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return half{} }}
}

type half struct{}

func (half) Metadata(_ context.Context, _ resource.MetadataRequest, r *resource.MetadataResponse) {
	r.TypeName = "halves_half"
}
func (half) Schema(_ context.Context, _ resource.SchemaRequest, r *resource.SchemaResponse) {
	r.Schema = schema.Schema{Attributes: map[string]schema.Attribute{"name": schema.StringAttribute{Required: true}}}
}
func (half) Create(_ context.Context, q resource.CreateRequest, r *resource.CreateResponse) {
	r.State.Raw = q.Plan.Raw
	r.Diagnostics.AddError("Half done", "The second half of the creation has failed.")
}
func (half) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (half) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (half) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

func main() {
	_ = providerserver.Serve(context.Background(), func() provider.Provider { return halves{} },
		providerserver.ServeOpts{Address: "registry.terraform.io/finding/halves"})
}
EOF
go get github.com/hashicorp/terraform-plugin-framework@v1.19.0 >"$work/log" 2>&1
go mod tidy >>"$work/log" 2>&1
mkdir "$work/plugins"
go build -o "$work/plugins/terraform-provider-halves" . >>"$work/log" 2>&1

cat >"$work/cli.tfrc" <<EOF
provider_installation {
  dev_overrides { "finding/halves" = "$work/plugins" }
  direct {}
}
EOF
export TF_CLI_CONFIG_FILE=$work/cli.tfrc

# Terraform itself, built from its module. Its remote backends are modules of its own repository that nobody publishes: what
# stands for each here has none.
src=$(cd "$work/provider" && GOFLAGS=-mod=mod go mod download -json github.com/hashicorp/terraform@v1.16.0 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
cp -r "$src" "$work/terraform"
chmod -R u+w "$work/terraform"
cd "$work/terraform"
for backend in azure consul cos gcs kubernetes oci oss pg s3; do
	dir=internal/backend/remote-state/$backend
	mkdir -p "$dir"
	printf 'module github.com/hashicorp/terraform/%s\n\ngo 1.26\n' "$dir" >"$dir/go.mod"
	printf 'package %s\n\nimport "github.com/hashicorp/terraform/internal/backend"\n\nfunc New() backend.Backend { return nil }\n' "$backend" >"$dir/backend.go"
done
mkdir -p internal/legacy
printf 'module github.com/hashicorp/terraform/internal/legacy\n\ngo 1.26\n' >internal/legacy/go.mod
GOFLAGS=-mod=mod go build -o "$work/bin-terraform" -ldflags '-X github.com/hashicorp/terraform/version.dev=no' . >>"$work/log" 2>&1

mkdir "$work/config"
cd "$work/config"
cat >main.tf <<'EOF'
terraform {
  required_providers {
    halves = { source = "finding/halves" }
  }
}

resource "halves_half" "one" {
  name = "one"
  provisioner "local-exec" { command = "touch provisioned" }
}
EOF
"$work/bin-terraform" version
code=0
"$work/bin-terraform" apply -auto-approve -no-color >apply.log 2>&1 || code=$?
status=$(sed -n 's/^ *"status": "\(.*\)",$/\1/p' terraform.tfstate)
echo "apply ends with $code, and says:"
grep -E '^(Error|halves_half)' apply.log
echo "the state has the resource as: ${status:-ready}"
if [ "$code" = 1 ] && grep -q 'Half done' apply.log && [ "$status" = tainted ] && [ -e provisioned ]; then
	echo "seen: the creation failed, and its provisioner ran"
else
	echo "not seen: it has changed"
	exit 1
fi
