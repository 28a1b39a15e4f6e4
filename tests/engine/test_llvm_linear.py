from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from policy_lab.engine.llvm_linear import _code, solve_systems


@pytest.mark.parametrize("count", [1, 2, 3, 17, 120])
@pytest.mark.parametrize("threads", [1, 3])
def test_solutions_are_those_of_numpy(count: int, threads: int) -> None:
    stream = np.random.default_rng(count)
    matrices, right = stream.normal(size=(9, count, count)), stream.normal(size=(9, count))
    expected = np.linalg.solve(matrices, right[:, :, None])[:, :, 0]
    np.testing.assert_allclose(solve_systems(matrices, right, threads), expected, rtol=1e-8)


def test_rows_are_exchanged_where_a_pivot_is_zero() -> None:
    matrix = np.array([[[0.0, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1e-30, 5.0]]])
    np.testing.assert_allclose(solve_systems(matrix, np.array([[4.0, 3.0, 10.0]])), [[3.0, 2.0, 2.0]])


def test_what_is_given_is_left_alone() -> None:
    matrices, right = np.eye(3)[None] * 2, np.ones((1, 3))
    solve_systems(matrices, right)
    np.testing.assert_array_equal(matrices, np.eye(3)[None] * 2)
    np.testing.assert_array_equal(right, np.ones((1, 3)))


def test_a_singular_system_has_no_finite_solution_and_spoils_no_other() -> None:
    matrices = np.stack([np.zeros((2, 2)), np.eye(2)])
    found = solve_systems(matrices, np.ones((2, 2)))
    assert not np.isfinite(found[0]).any()
    np.testing.assert_array_equal(found[1], [1.0, 1.0])


def test_no_systems_are_no_work() -> None:
    assert solve_systems(np.empty((0, 4, 4)), np.empty((0, 4))).shape == (0, 4)


def test_threads_that_begin_together_each_have_code_to_run() -> None:
    stream = np.random.default_rng(5)
    matrices, right = stream.normal(size=(40, 60, 60)), stream.normal(size=(40, 60))
    alone = solve_systems(matrices, right)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            _code.cache_clear()
            found = list(pool.map(lambda _: solve_systems(matrices, right, 2), range(8)))
            assert all(np.array_equal(one, alone) for one in found)
