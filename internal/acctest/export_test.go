package acctest

// Lacks tells what a CLI, which answers "version" with out, says to a test that needs f.
func Lacks(out string, f Feature) (string, error) {
	p, err := parseProduct(out)
	if err != nil {
		return "", err
	}
	return p.lacks(f), nil
}

// AskVersion tells what a CLI is, as its name and its version.
func AskVersion(path string) (string, error) {
	p, err := askVersion(path)
	if err != nil {
		return "", err
	}
	return p.name + " " + p.version.String(), nil
}

// Since tells which CLIs have f, as in "Terraform 1.8 or OpenTofu 1.7".
func Since(f Feature) string { return "Terraform " + f.terraform + " or OpenTofu " + f.opentofu }
