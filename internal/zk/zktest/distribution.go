package zktest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

const (
	modulePath = "terraform-provider-zookeeper"

	// versionsFile is read by the build too, so that what it fetches is what the tests look for.
	versionsFile = "tools/zookeeper/VERSIONS"

	// versionVariable selects another release than the default one.
	versionVariable = "ZOOKEEPER_VERSION"
)

// Versions returns the ZooKeeper releases that the project is tested against, the default one first.
func Versions() ([]string, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(versionsFile)))
	if err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	versions := strings.Fields(string(list))
	if len(versions) == 0 {
		return nil, fmt.Errorf("zktest: %s lists no version", versionsFile)
	}
	return versions, nil
}

func defaultVersion() (string, error) {
	if version := os.Getenv(versionVariable); version != "" {
		return version, nil
	}
	versions, err := Versions()
	if err != nil {
		return "", err
	}
	return versions[0], nil
}

// classPath returns the class path of a release's jars, which "make zookeeper" has laid under the module's root.
func classPath(version string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	lib := filepath.Join(root, ".zookeeper", version, "lib")
	if _, err := os.Stat(lib); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("zktest: ZooKeeper %s is not there: run \"make zookeeper ZOOKEEPER_VERSION=%s\"", version, version)
		}
		return "", fmt.Errorf("zktest: %w", err)
	}
	return filepath.Join(lib, "*"), nil
}

// moduleRoot is looked for once: a test that changes its working folder does not lose the distribution.
var moduleRoot = sync.OnceValues(func() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("zktest: %w", err)
	}
	// A nested module, such as the benchmarks', has a go.mod of its own that is not the one wanted.
	for dir := start; ; dir = filepath.Dir(dir) {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && declaresModule(content) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("zktest: no folder above %s holds the module %s", start, modulePath)
		}
	}
})

func declaresModule(goMod []byte) bool {
	for lines := bufio.NewScanner(bytes.NewReader(goMod)); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 2 && fields[0] == "module" {
			return fields[1] == modulePath
		}
	}
	return false
}

// javaCommand finds the JVM the way that ZooKeeper's own scripts do: JAVA_HOME goes before the search path.
func javaCommand() (string, error) {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		return filepath.Join(home, "bin", "java"), nil
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return "", fmt.Errorf("zktest: a ZooKeeper server needs Java: %w", err)
	}
	return java, nil
}
