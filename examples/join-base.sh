#!/bin/sh
# Join the base branch into the branch of a pull request, with the merge driver that hosting sites do not
# run, then check the result. Usage: join-base.sh BASE BRANCH    (PUSH=no: only check)
#
# Run by the CI jobs beside this file, in a full clone (not a shallow one) of the repository.
set -eu

join() {
	base=$1 branch=$2

	git config user.name >/dev/null || git config user.name fedlearn-join-job
	git config user.email >/dev/null || git config user.email fedlearn-join-job@invalid
	git fedlearn --quiet install --local
	git fetch --quiet origin "refs/heads/$base:refs/remotes/origin/$base" "refs/heads/$branch:refs/remotes/origin/$branch"
	git checkout --quiet -B "$branch" "refs/remotes/origin/$branch"

	# A conflict outside data/ is for people: leave it to them.
	git merge --quiet --no-edit "refs/remotes/origin/$base" || {
		git fedlearn resolve || true
		if test -n "$(git diff --name-only --diff-filter=U)"; then
			git merge --abort
			echo "error: $branch and $base conflict outside data/; merge $base by hand" >&2
			exit 1
		fi
		git commit --quiet --no-edit
	}

	git fedlearn verify
	git fedlearn scan

	if test "${PUSH-yes}" != no && test "$(git rev-parse HEAD)" != "$(git rev-parse "refs/remotes/origin/$branch")"; then
		git push --quiet origin "HEAD:refs/heads/$branch"
		echo "joined $base into $branch"
	fi
}

# In one line with its end: the checkout above may replace this file, and none of the branch's own is to run.
join "$@"; exit
